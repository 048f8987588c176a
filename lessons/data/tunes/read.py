"""Sets of tunes as one text to learn from: for each its key, then all its bars in a line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from engine.sequences.abc import ABCError, State, Tune, plain, tunes
from engine.sequences.judging import known
from lessons.contract.knobs import Refused
from lessons.data.corpora.read import looked_at, said
from lessons.data.tunes import TUNES

SHORTEST = 3
"""Bars between two bar lines that a set must have."""


class TuneSet(NamedTuple):
    """Tunes, the text to learn from, what is in force where that says nothing, how many were left out, the bars."""

    tunes: tuple[Tune, ...]
    text: str
    state: State
    left: int
    bars: frozenset[str]

    @property
    def header(self) -> dict[str, str]:
        """The metre and unit of the first tune."""
        return {field: self.tunes[0].header.get(field, "") for field in "ML"}


def read(name: str, look: bool = False) -> TuneSet:
    """A set by its name, or a file of the learner's; `look` whether it is to be read again. Raises Refused."""
    if name in TUNES:
        return _own(name)
    with said(name):
        changed = looked_at(name).st_mtime_ns
        return _file(name, changed)


@lru_cache(maxsize=4)
def _own(name: str) -> TuneSet:
    return gathered([((files("lessons.data.tunes") / f"{name}.abc").read_text(encoding="utf-8"), name)])


@lru_cache(maxsize=4)
def _file(name: str, changed: int) -> TuneSet:
    return gathered([(as_text(Path(name)), name)])


def as_text(path: Path) -> str:
    """A file in UTF-8, or Latin 1, which older collections have. Raises Refused for binary data, and OSError."""
    data = path.read_bytes()
    if b"\0" in data[:4096]:
        raise Refused("abc_binary", file=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def gathered(texts: Sequence[tuple[str, object]]) -> TuneSet:
    """The tunes of some files, (text, name) each. Raises Refused for one without a bar that can be read."""
    found: list[Tune] = []
    for text, file in texts:
        try:
            found += tunes(text, str(file))
        except ABCError as error:
            raise Refused(error.key, **error.about) from None
    kept = [tune for tune in found if not tune.faults and "".join(tune.body.split())]
    # fields that differ between tunes are learned, the others are in force throughout
    shown = [field for field in "ML" if len({tune.header.get(field, "") for tune in kept}) > 1] + ["K"]
    lines = ["".join(f"{field}:{tune.header.get(field, 'C')}\n" for field in shown) + _line(tune) for tune in kept]
    first = kept[0].bars[0] if kept else None
    state = State(first.metre, first.unit, first.key) if first else State()
    inner = sum(bar.inner for tune in kept for bar in tune.bars)
    if inner < SHORTEST:
        raise Refused("abc_short", file=texts[0][1], bars=inner, tunes=len(kept), least=SHORTEST)
    text = "".join(lines)
    return TuneSet(tuple(kept), text, state, len(found) - len(kept), known(text, state))


def _line(tune: Tune) -> str:
    """The bars in one line; fields between them stay on lines of their own."""
    lines = plain(tune).split("\n")
    joined = "".join(
        f"\n{line}\n" if line[1:2] == ":" and line[:1].isalpha() and line[2:3] not in "|:" else line for line in lines
    )
    return "".join(joined.split(" ")).strip("\n") + "\n"
