"""The prediction card: asked, right, wrong; drawn from the player's open question and the lesson's text."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from lessons.contract.phrases import Words
from lessons.contract.text import Section, Text, fill
from lessons.explaining.figures import five
from lessons.player.questions import Asked
from tui.canvas.canvas import Canvas, boxed, wrap

Styled = list[tuple[str, str]]


def section(asked: Asked, text: Text) -> Section:
    """The text of the question."""
    return text[f"ask.{asked.ask.id}"]


def options(asked: Asked, text: Text) -> list[tuple[str, str]]:
    """(id, words) of the options; none for a number."""
    return list(section(asked, text).phrases().items()) if asked.ask.kind == "choice" else []


def paragraphs(asked: Asked, text: Text) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked, and what is said afterwards. A number's question has no list to part the two."""
    found = section(asked, text)
    return (found.before, found.after) if found.items else (found.before[:1], found.before[1:])


def what_does(asked: Asked) -> str:
    """The phrase that says which keys do something about an open question."""
    if asked.trying:
        return "say.trying"
    return "say.answer_number" if asked.ask.kind == "number" else "say.answer_choice"


def draw_card(asked: Asked, words: Words, text: Text, fields: dict[str, Any], width: int, ascii_only: bool) -> Canvas:
    """The card; after an answer, what was said, what is true, why what was chosen is not, and why it is."""
    inner = width - 4
    question, why = paragraphs(asked, text)
    lines: Styled = []
    chosen = options(asked, text)
    if not asked.verdict:
        for paragraph in question:
            lines += [(line, "") for line in wrap(fill(paragraph, fields), inner)]
        lines.append(("", ""))
        for i, (_, said) in enumerate(chosen):
            mark, ink = ("►", "head") if i == asked.choice else (" ", "")
            wrapped = wrap(fill(said, fields), inner - 6)
            lines.append((f"{mark} {i + 1}  {wrapped[0]}", ink))
            lines += [(f"     {line}", ink) for line in wrapped[1:]]
        if asked.ask.kind == "number":
            lines.append((words("card.number", typed=asked.typed), "head"))
        way = "" if asked.ask.kind == "number" else f"↑↓ {words('keys.choose')}  "
        ready = asked.typed if asked.ask.kind == "number" else asked.choice is not None
        answer = f"↵ {words('keys.answer')}  " if ready else ""
        keys = f"{way}{answer}esc {words('keys.skip')}"
        lines += [("", ""), (words("card.trying"), "head") if asked.trying else (keys, "dim")]
        return boxed(words("card.before"), lines, width, ascii_only)
    for paragraph in question if asked.verdict == "right" else ():
        lines += [(line, "dim") for line in wrap(fill(paragraph, fields), inner)]
    if asked.verdict == "wrong":
        lines += hung(words("card.you", said=_said(asked, chosen, fields, asked.given)), inner, "wrong")
    lines += hung(words("card.truth", truth=_said(asked, chosen, fields, asked.truth)), inner, "right")
    lines.append(("", ""))
    remark = section(asked, text).remark(str(asked.given)) if asked.verdict == "wrong" else ""
    if remark:
        lines += [*((line, "") for line in wrap(fill(remark, fields), inner)), ("", "")]
    for paragraph in why:
        lines += [(line, "") for line in wrap(fill(paragraph, fields), inner)]
    lines += [("", ""), (f"→ {words('keys.go_on')}", "dim")]
    return boxed(words(f"card.{asked.verdict}"), lines, width, ascii_only)


def hung(text: str, width: int, ink: str) -> Styled:
    """A line; of one that is too long the rest indented."""
    if cell_len(text) <= width:
        return [(text, ink)]
    first, *rest = wrap(text, width - 3)
    return [(first, ink), *((f"   {line}", ink) for line in rest)]


def _said(asked: Asked, chosen: list[tuple[str, str]], fields: dict[str, Any], value: Any) -> str:
    if asked.ask.kind == "number":
        return five(float(value)) if float(value) != int(float(value)) else str(int(float(value)))
    return fill(dict(chosen).get(str(value), str(value)), fields)
