"""A tape records the steps of one walk, so that any of them can be returned to."""

from __future__ import annotations

import ast
import inspect
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path as File
from types import GeneratorType
from typing import Any, NamedTuple

from engine.device import Array, quiet
from engine.walks.step import Step, Walk, renamed


class Source(NamedTuple):
    """Where a step's statement stands: the file, its first and last line, and the function it belongs to."""

    file: str
    line: int
    last: int
    function: str


@cache
def _statements(file: str) -> dict[int, tuple[int, int]]:
    """For every line of a `yield` statement: the lines of the statement just before it in the same block."""
    before = {}
    for node in ast.walk(ast.parse(File(file).read_text(encoding="utf-8"))):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for first, second in pairwise(block):
                if isinstance(second, ast.Expr) and isinstance(second.value, ast.Yield):
                    for line in range(second.lineno, (second.end_lineno or second.lineno) + 1):
                        before[line] = (first.lineno, first.end_lineno or first.lineno)
    return before


def lit(walk: Walk[Any]) -> Source:
    """The statement that a suspended walk has just run: the one before the yield at which its innermost walk stands."""
    inner: Any = walk
    while True:
        if isinstance(inner.gi_yieldfrom, GeneratorType):
            inner = inner.gi_yieldfrom
        elif inner.gi_code is renamed.__code__:  # the same walk under other names
            inner = inner.gi_frame.f_locals["walk"]
        else:
            break
    code, line = inner.gi_code, inner.gi_frame.f_lineno
    first, last = _statements(code.co_filename).get(line, (line, line))
    return Source(code.co_filename, first, last, code.co_name)


def function_source(source: Source) -> tuple[int, list[str]]:
    """The first line number and the lines of the function that a step's statement belongs to."""
    lines = File(source.file).read_text(encoding="utf-8").splitlines()
    for node in ast.walk(ast.parse("\n".join(lines))):
        match node:
            case ast.FunctionDef(name=source.function, lineno=first, end_lineno=int() as last):
                if first <= source.line <= last:
                    return first, lines[first - 1 : last]
    return source.line, [inspect.cleandoc("\n".join(lines[source.line - 1 : source.last]))]


class Tape:
    """The steps of one walk, which is run only as far as they are read. `len(tape)` runs it to its end."""

    def __init__(self, walk: Walk[Any]) -> None:
        self.steps: list[Step] = []
        self.sources: list[Source] = []
        self.result: Any = None
        self.done = False
        self._walk = walk
        self._written: dict[str, list[int]] = defaultdict(list)

    def reach(self, p: int, seconds: float = float("inf")) -> int:
        """Run until p steps are recorded or the walk ends; the smaller of p and the number recorded.

        After so many seconds it stops, one step having been made at least.
        """
        end = time.monotonic() + seconds
        with quiet():
            while not self.done and len(self.steps) < p:
                try:
                    step = next(self._walk)
                except StopIteration as stop:
                    self.done, self.result = True, stop.value
                    break
                self.sources.append(lit(self._walk))
                for name in step.values:
                    self._written[name].append(len(self.steps))
                self.steps.append(step)
                if time.monotonic() > end:
                    break
        return min(p, len(self.steps))

    def __len__(self) -> int:
        while not self.done:
            self.reach(len(self.steps) + 1000)
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        i = 0
        while self.reach(i + 1) > i:
            yield self.steps[i]
            i += 1

    def writer(self, name: str, p: int) -> int | None:
        """The index of the last of the first p steps that wrote `name`, or None."""
        self.reach(p)
        steps = self._written.get(name, [])
        at = bisect_right(steps, p - 1)
        return steps[at - 1] if at else None

    def find(self, name: str, p: int) -> Array | None:
        """What `name` held after p steps, or None where nothing has written it yet."""
        at = self.writer(name, p)
        return None if at is None else self.steps[at].values[name]
