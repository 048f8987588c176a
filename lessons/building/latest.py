"""What was made last of an object is kept: a stage is often painted again at the state that it was painted at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")
More = ParamSpec("More")


def latest(make: Callable[Concatenate[Of, More], Made]) -> Callable[Concatenate[Of, More], Made]:
    """Made anew only where the first argument is another object than the last time; the others follow from it."""
    kept = list[tuple[Of, Made]]()

    def once(of: Of, /, *args: More.args, **kwargs: More.kwargs) -> Made:
        if not kept or kept[0][0] is not of:
            kept[:] = [(of, make(of, *args, **kwargs))]
        return kept[0][1]

    return once
