"""Sets of tunes as one text to learn from: for each its key, then all its bars in a line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from engine.files import opened
from engine.sequences.abc import ABCError, State, Tune, plain, tunes
from engine.sequences.judging import known
from engine.words.corpus.reading import CorpusError
from lessons.contract.knobs import Refused
from lessons.data.corpora.read import MOST, looked_at, said
from lessons.data.tunes import TUNES

SHORTEST = 3
"""Bars between two bar lines that a set must have."""


class TuneSet(NamedTuple):
    """Tunes, the text to learn from, what is in force where that says nothing, and its different bars.

    Of the tunes that were left out `missed` has the file, the line and what stands there.
    """

    tunes: tuple[Tune, ...]
    text: str
    state: State
    missed: tuple[tuple[object, int, str], ...]
    bars: frozenset[str]

    @property
    def left(self) -> int:
        """How many tunes were left out."""
        return len(self.missed)

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
    with opened(path) as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise CorpusError("large", path=str(path), most=MOST >> 20)
    if b"\0" in data[:4096]:
        raise Refused("abc_binary", file=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def gathered(texts: Sequence[tuple[str, object]]) -> TuneSet:
    """The tunes of some files, (text, name) each. Raises Refused for one without a bar that can be read."""
    found: list[Tune] = []
    missed: list[tuple[object, int, str]] = []
    for text, file in texts:
        try:
            read_here = tunes(text, str(file))
            found += read_here
            bad = [(tune, tune.faults[0]) for tune in read_here if tune.faults]
            missed += [(file, tune.line + tune.body[: fault.at].count("\n"), fault.found) for tune, fault in bad]
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
    return TuneSet(tuple(kept), text, state, tuple(missed), known(text, state))


def _line(tune: Tune) -> str:
    """The bars in one line; fields between them stay on lines of their own."""
    lines = plain(tune).split("\n")
    joined = "".join(
        f"\n{line}\n" if line[1:2] == ":" and line[:1].isalpha() and line[2:3] not in "|:" else line for line in lines
    )
    return "".join(joined.split(" ")).strip("\n") + "\n"
