"""Knobs: the settings of an experiment, typed and ranged; a value that does not fit is refused with the reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons.contract.phrases import Words

Value = str | int | float

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, signs that turn the direction of writing, and halves of pairs: a terminal may act on them."""
FILES = {
    "data": ["FILE.csv"],
    "file": ["FILE.txt"],
    "picture": ["FILE.png"],
    "tunes": ["FILE.abc"],
    "pairs": ["FILE.tsv"],
    "folder": ["FOLDER/"],
}
"""What may be named beside the choices, by the kind of the knob."""


class Refused(ValueError):
    """Something asked for cannot be had. `say(words)` gives the reason in one line, in the learner's language."""

    def __init__(self, key: str, **fields: Any) -> None:
        self.key, self.fields = key, fields
        super().__init__(self.say(Words("en")))

    def say(self, words: Words) -> str:
        """One line: what was wrong, and what would be right."""
        fields = {name: value(words) if callable(value) else value for name, value in self.fields.items()}
        return words(f"refused.{self.key}", **fields)


@dataclass(frozen=True)
class Knob:
    """One setting. `kind` is text, int, float, choice, several, sizes, data, file, picture, tunes, pairs or
    folder.

    Data is a choice or the name of a CSV file; file a choice or the name of a text file, picture a choice or that of a
    picture, tunes or pairs a choice or that of a file in ABC, or of lines with a tab; folder a choice or
    that of a folder: a name with a dot or slash in it.

    low and high bound the number, or the text's length. `several` is one or more of the choices, as "x1,x2"; `sizes` is
    up to `most` whole numbers, as "4,2", or "0" for none.

    A live knob may change during training, which forks it. `was` is what held before schema 3, where that was
    another default or the knob was not there: what was written before then opens with it. `zh` is its default where a
    lesson is begun in Chinese, None where that is the same.
    """

    id: str
    kind: str
    default: Value
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    live: bool = False
    most: int = 0
    was: Value | None = None
    zh: Value | None = None

    def begins(self, language: str) -> Value:
        """Its default where the lesson is begun in a language."""
        return self.default if language != "zh" or self.zh is None else self.zh

    def read(self, raw: Any) -> Value:
        """The value that a learner typed or a file gave. Raises Refused with the reason."""
        if self.kind == "text":
            return self._text(raw)
        if self.kind == "several":
            return self._several(raw)
        if self.kind == "sizes":
            return self._sizes(raw)
        if self.names_file(raw):
            return str(raw)
        if self.choices:
            if str(raw) not in self.choices:
                extra = FILES.get(self.kind, [])
                raise Refused("choice", knob=self.id, value=_short(raw), choices=", ".join([*self.choices, *extra]))
            return str(raw)
        return self._number(raw)

    def names_file(self, raw: Any) -> bool:
        """Whether a value is the name of a file of the learner's."""
        name = str(raw)
        if name in self.choices:
            return False
        if self.kind == "data":
            return name.lower().endswith(".csv")
        return self.kind in ("file", "picture", "tunes", "pairs", "folder") and bool({*"./\\"} & {*name})

    def _text(self, raw: Any) -> str:
        text = str(raw)
        if not self.low <= len(text) <= self.high:
            raise Refused("length", knob=self.id, length=len(text), low=int(self.low), high=int(self.high))
        if not text.isprintable() and any(c not in "\n\t" and UNSAFE.match(c) for c in text):
            raise Refused("control", knob=self.id)
        return text

    def _several(self, raw: Any) -> Value:
        """Some of the choices, in their order, each once."""
        given = [part.strip() for part in str(raw).replace(" ", ",").split(",") if part.strip()]
        wrong = next((part for part in given if part not in self.choices), None)
        if wrong is not None or not given:
            raise Refused("several", knob=self.id, value=_short(wrong or raw), choices=", ".join(self.choices))
        return ",".join(choice for choice in self.choices if choice in given)

    def _sizes(self, raw: Any) -> Value:
        """Whole numbers in a row; "0" alone says that there are none."""
        given = [part for part in str(raw).replace("-", ",").replace(" ", ",").split(",") if part]
        if given == ["0"]:
            return "0"
        fits = all(part.isdecimal() and len(part) < 4 and self.low <= int(part) <= self.high for part in given)
        if not fits or not 1 <= len(given) <= self.most:
            raise Refused("sizes", knob=self.id, value=_short(raw), range=self.range())
        return ",".join(str(int(part)) for part in given)

    def _number(self, raw: Any) -> Value:
        try:
            number = float(raw)
        except (TypeError, ValueError, OverflowError):
            raise Refused("number", knob=self.id, value=_short(raw), range=self.range()) from None
        if self.kind == "int" and math.isfinite(number) and number != int(number):
            raise Refused("whole", knob=self.id, value=_short(raw), range=self.range())
        if not self.low <= number <= self.high:
            raise Refused("range", knob=self.id, value=_short(raw), range=self.range())
        return int(number) if self.kind == "int" else number

    def range(self) -> str:
        """What may be typed, in short."""
        if self.kind == "sizes":
            return f"≤{self.most} × {self.low:.0f}–{self.high:.0f}"
        if self.choices:
            return " ".join([*self.choices, *FILES.get(self.kind, [])])
        shown = "{:.0f}–{:.0f}" if self.kind == "int" else "{:g}–{:g}"
        return shown.format(self.low, self.high).replace("e+", "e")


def _short(raw: Any) -> str:
    text = str(raw)
    return text if len(text) <= 24 else f"{text[:23]}…"


def read_all(knobs: tuple[Knob, ...], given: Mapping[str, Any], language: str = "en") -> dict[str, Value]:
    """Every knob's value: as given, else its default in a language. Raises Refused, also for a name that is no knob."""
    known = {knob.id: knob for knob in knobs}
    for name in given:
        if name not in known:
            raise Refused("knob", knob=_short(name), knobs=", ".join(known))
    return {knob.id: knob.read(given[knob.id]) if knob.id in given else knob.begins(language) for knob in knobs}
