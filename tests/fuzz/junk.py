"""Mutations of JSON: a value replaced by junk, dropped, doubled, or moved elsewhere."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]
JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 7, 10**9, 10**400, 1e308, -1e308, 1e-320, float("inf"), float("nan"), -0.0, 0.5,
    "", "x", "²", "٣", "\ud800", "\x1b[2J", "a\nb", "3" * 5000, [], [[1]], [None], [1, [2]], {}, {"a": 1}, [{}],
    "update=9999999",
]  # fmt: skip


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """The way to every value within, at most a few of a long list."""
    yield at
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, (*at, key))
    elif isinstance(value, list):
        for i, each in enumerate(value[:4]):
            yield from paths(each, (*at, i))


def mutated(draw: random.Random, value: Any, below: int = 1) -> tuple[Any, str]:
    """A copy with one to three mutations at least so many levels down, and what was done."""
    value, done = copy.deepcopy(value), []
    for _ in range(draw.choice([1, 1, 2, 3])):
        found = [at for at in paths(value) if len(at) >= below]
        if not found:
            break
        at = draw.choice(found)
        holder: Any = value
        for key in at[:-1]:
            holder = holder[key]
        how = draw.random()
        if how < 0.2:
            del holder[at[-1]]
            done.append(f"del {at}")
        elif how < 0.3 and isinstance(holder, list):
            holder.insert(0, copy.deepcopy(holder[0]))
            done.append(f"double {at}")
        elif how < 0.4:
            other: Any = value
            for key in draw.choice(found):
                other = other[key] if (isinstance(other, dict) and key in other) or isinstance(other, list) else other
            holder[at[-1]] = copy.deepcopy(other)
            done.append(f"move to {at}")
        else:
            junk = draw.choice(JUNK)
            holder[at[-1]] = copy.deepcopy(junk)
            done.append(f"{at} = {str(junk)[:20]!r}")
    return value, "; ".join(done)
