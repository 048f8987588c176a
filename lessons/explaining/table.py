"""The course's one table of symbols: the letters that mean the same in every lesson (docs/notation.md)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Entry(NamedTuple):
    """A letter: what it is, its shape, the slide and the lesson that have it first, its names elsewhere."""

    symbol: str
    en: str
    zh: str
    shape: str = ""
    first: str = ""
    other: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """All of them, in the order of the course."""
    found = tomllib.loads((files("lessons.explaining") / "table.toml").read_text(encoding="utf-8"))
    return tuple(Entry(**each) for each in found["symbol"])
