"""A walk is an algorithm as a generator that yields a step after every operation; a step has an address (its path)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from engine.device import Array

Place = tuple[str, int]
"""One part of an address: a loop and its index, ("t", 2), or a phase, ("forward", -1)."""
Path = tuple[Place, ...]
"""Where a step stands: places from the outermost in."""
Result = TypeVar("Result")


class Step(NamedTuple):
    """One operation that has run: where (`path`), which (`op`), and what it wrote, by symbol ("delta[3,1]")."""

    path: Path
    op: str
    values: Mapping[str, Array]


Walk = Generator[Step, None, Result]
"""Yields a Step after every operation, and returns its result."""


def drain(walk: Walk[Result]) -> Result:
    """Run a walk to its end; its result. So the code that a learner steps through is also the one that computes."""
    while True:
        try:
            next(walk)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def renamed(walk: Walk[Result], name: Callable[[str], str], op: Callable[[str], str]) -> Walk[Result]:
    """A walk whose steps write families under other names, `name(family)`, and whose ops are called `op(op)`.

    The statement that is shown as its source is still the walk's own: see `tape.lit`.
    """
    while True:
        try:
            step = next(walk)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        written = {name(split(each)[0]) + each[len(split(each)[0]) :]: value for each, value in step.values.items()}
        yield Step(step.path, op(step.op), written)


def symbol(name: str, *indices: int) -> str:
    """The symbol of one cell of a family: symbol("delta", 3, 1) is "delta[3,1]"; index −1 is "delta_init"."""
    if not indices:
        return name
    if len(indices) == 1 and indices[0] < 0:
        return f"{name}_init"
    return f"{name}[{','.join(map(str, indices))}]"


def split(name: str) -> tuple[str, tuple[int, ...]]:
    """The family and the indices of a symbol: "delta[3,1]" is ("delta", (3, 1))."""
    family, _, rest = name.partition("[")
    return family, tuple(int(i) for i in rest[:-1].split(",")) if rest else ()


def address(path: Path) -> str:
    """A path as it is typed: "update=57/backward/t=3"."""
    return "/".join(name if index < 0 else f"{name}={index}" for name, index in path)


class AddressError(ValueError):
    """`part` of an address is neither a name nor name=number."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part!r} is no place; write a phase like 'forward' or a loop like 't=3'")
        self.part = part


def is_whole(text: str) -> bool:
    """Whether it is a whole number of 0 or more as one types it, of at most 18 digits: ² is a digit and no number."""
    return text.isdecimal() and len(text) <= 18


def parse_address(text: str) -> Path:
    """The path that `text` types. Raises AddressError for a part that is neither a name nor name=number."""
    places = []
    for part in text.strip("/ ").split("/"):
        name, equals, index = part.strip().partition("=")
        if not name.isidentifier() or (equals and not is_whole(index)):
            raise AddressError(part)
        places.append((name, int(index) if equals else -1))
    return tuple(places)


def agrees(path: Path, wanted: Path) -> bool:
    """Whether all wanted places stand in `path`, in that order; places between them may be left out."""
    rest: Iterable[Any] = iter(path)
    return all(place in rest for place in wanted)
