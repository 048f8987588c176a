"""A lesson's text: `en.md` and `zh.md` beside its experiment, the same sections under the same ids.

    ## act.forward: One cell, used at every timestep
    Paragraphs, with {fields} of this run and `formulas`.
    - options or phrases, as a list
      - what is said to one who chose this option, and was wrong

A sentence that answers the prediction `id` stands as {?id}…{/}: it is left out until that has been answered.
In a section `exam.NAME` a line `---` parts question and answer: see "Exam questions" in CONTRIBUTING.md.
A term of the field stands as **term** where its idea appears (docs/terms.md has them all).
A Chinese heading ends in {en 1a2b3c4d}, the hash of the English section that it renders.
`python -m lessons.contract.text FOLDER` says which have fallen behind, and with --stamp marks them as caught up.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

HEADING = re.compile(r"^(?P<id>[\w.-]+):\s*(?P<title>.*?)(?:\s*\{en (?P<hash>[0-9a-f]{8})\})?$")

SENTENCE = re.compile(r"\{\?(?P<ids>[\w ]+)\}(?P<said>.*?)\{/\}(?P<space> ?)")
"""A sentence that answers a prediction."""

TERM = re.compile(r"\*\*(.+?)\*\*")
"""A term in bold."""
MARK = "\u2060"
"""What stands before and after a term in a text that is filled: it takes no room and joins what is around it."""


class Section(NamedTuple):
    """One section: its id, title, paragraphs before the list (or the rule), the list, those after it, and zh's hash.

    `remarks` are (number of the item, what is said under it).
    """

    id: str
    title: str
    before: tuple[str, ...]
    items: tuple[str, ...]
    after: tuple[str, ...]
    renders: str | None
    remarks: tuple[tuple[int, str], ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All that it says, in order of kind."""
        return (self.title, *self.before, *self.items, *self.after, *(remark for _, remark in self.remarks))

    @property
    def hash(self) -> str:
        """The hash of what this section says."""
        return hashlib.sha256("\n".join(self.said).encode()).hexdigest()[:8]

    @property
    def formulas(self) -> tuple[str, ...]:
        """What stands between backticks: must be the same in every language."""
        return tuple(re.findall(r"`([^`]+)`", "\n".join(self.said)))

    def phrases(self) -> dict[str, str]:
        """A list of "key: words" as a dictionary."""
        parts = (item.partition(":") for item in self.items)
        return {key.strip(): phrase.strip() for key, _, phrase in parts}

    def remark(self, key: str) -> str:
        """What is said under the item of this key; "" where nothing is."""
        keys = list(self.phrases())
        return next((said for n, said in self.remarks if keys[n] == key), "")


def parse(markdown: str) -> dict[str, Section]:
    """The sections of a text, by id. Raises ValueError for a heading that is not "id: title"."""
    from markdown_it import MarkdownIt

    sections: dict[str, Section] = {}
    head: re.Match[str] | None = None
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    remarks: list[tuple[int, str]] = []
    kind, listed, ruled = "", 0, False

    def close() -> None:
        if head is not None:
            before, items, after = (tuple(p) for p in parts)
            here = Section(head["id"], head["title"], before, items, after, head["hash"], tuple(remarks))
            sections[head["id"]] = here

    for token in MarkdownIt("commonmark").parse(markdown):
        listed += {"bullet_list_open": 1, "bullet_list_close": -1}.get(token.type, 0)
        if token.type.endswith("_open"):
            kind = token.type
        ruled = ruled or token.type == "hr"
        if token.type != "inline":
            continue
        if kind == "heading_open":
            close()
            head, parts, remarks, ruled = HEADING.match(token.content), ([], [], []), [], False
            if head is None:
                raise ValueError(f"{token.content!r} is no heading of the form 'id: title'")
            if head["id"] in sections:
                raise ValueError(f"section {head['id']!r} stands twice")
        elif listed > 1:
            remarks.append((len(parts[1]) - 1, _joined(token.content)))
        else:
            where = 1 if listed else 2 if parts[1] or ruled else 0
            parts[where].append(_joined(token.content))
    close()
    return sections


def _joined(content: str) -> str:
    """Source lines as one: with a space between, but none beside a Chinese character."""
    lines = [line.strip() for line in content.split("\n")]
    text = lines[0]
    for line in lines[1:]:
        wide = ord(text[-1:] or "a") > 0x2E80 and ord(line[:1] or "a") > 0x2E80
        text += line if wide else f" {line}"
    return text


class Text:
    """The text of one lesson in one language. Fields are filled with what the lesson says of the position."""

    def __init__(self, sections: dict[str, Section]) -> None:
        self.sections = sections

    def __getitem__(self, section: str) -> Section:
        return self.sections[section]

    def __contains__(self, section: str) -> bool:
        return section in self.sections

    def phrase(self, section: str, key: str, default: str | None = None) -> str:
        """One phrase of a section's list, e.g. phrase("labels", "loss")."""
        phrase = self.sections[section].phrases().get(key, default) if section in self.sections else default
        if phrase is None:
            raise KeyError(f"{section} has no phrase {key!r}")
        return phrase


@cache
def load(package: str, lang: str) -> Text:
    """The text of the lesson in `package`, e.g. "lessons.recurrent.bptt"."""
    return Text(parse((files(package) / f"{lang}.md").read_text(encoding="utf-8")))


def package_of(lesson: object) -> str:
    """The package of a lesson, which has its texts."""
    return type(lesson).__module__.rpartition(".")[0]


def text_of(lesson: object, lang: str) -> Text:
    """The text of a lesson. Raises OSError where it has none."""
    return load(package_of(lesson), lang)


def fill(template: str, fields: dict[str, Any], unanswered: Collection[str] = ()) -> str:
    """A template with its {fields} filled and a `MARK` around terms; backticks, which only mark formulas, go.

    So do the sentences that answer a prediction which is `unanswered`.
    """

    def sentence(found: re.Match[str]) -> str:
        return "" if set(found["ids"].split()) & set(unanswered) else found["said"] + found["space"]

    said = SENTENCE.sub(sentence, template).strip().replace("`", "")
    return TERM.sub(rf"{MARK}\1{MARK}", said).format_map(fields)


def behind(folder: Path) -> list[str]:
    """The ids of Chinese sections that do not render the English ones as they are now."""
    en, zh = (parse((folder / f"{lang}.md").read_text(encoding="utf-8")) for lang in ("en", "zh"))
    return [key for key in {**en, **zh} if key not in en or key not in zh or zh[key].renders != en[key].hash]


def stamp(folder: Path) -> None:
    """Write the hash of every English section into the heading of the Chinese one that renders it."""
    en = parse((folder / "en.md").read_text(encoding="utf-8"))
    lines = []
    for line in (folder / "zh.md").read_text(encoding="utf-8").splitlines():
        heading = HEADING.match(line.removeprefix("## ")) if line.startswith("## ") else None
        lines.append(f"## {heading['id']}: {heading['title']} {{en {en[heading['id']].hash}}}" if heading else line)
    (folder / "zh.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if argument != "--stamp":
            if "--stamp" in sys.argv:
                stamp(Path(argument))
            print(argument, *(behind(Path(argument)) or ["in step"]))
