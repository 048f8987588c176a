"""A small world with a known grammar, in English and in Chinese: text of which we know what should be learned.

Every word of its tables has a class, its column; two columns of one table give analogies, row by row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import NamedTuple

from engine.device import rng


class Table(NamedTuple):
    """Words that belong together, row by row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class World(NamedTuple):
    """`kinds`: how often one of some sentences is said, and what about; `pairs`: two columns that make analogies."""

    tables: dict[str, Table]
    kinds: tuple[tuple[float, tuple[str, ...]], ...]
    pairs: dict[str, tuple[str, str]]

    def classes(self) -> dict[str, str]:
        """The class of every word of the tables."""
        return {
            word: column
            for table in self.tables.values()
            for column, words in zip(table.columns, zip(*table.rows, strict=True), strict=True)
            for word in words
        }

    def analogies(self) -> dict[str, list[tuple[str, str, str, str]]]:
        """By category all (a, b, c, d): a is to b as c is to d."""
        found = {}
        for name, (left, right) in self.pairs.items():
            (table,) = (t for t in self.tables.values() if left in t.columns)
            i, j = table.columns.index(left), table.columns.index(right)
            found[name] = [(p[i], p[j], q[i], q[j]) for p, q in permutations(table.rows, 2)]
        return found

    def sentences(self, count: int, seed: int = 0) -> Iterator[list[str]]:
        """`count` sentences of words: the kind drawn by its weight, then a line, then a row of each table."""
        draw = rng(seed)
        chance = [weight for weight, _ in self.kinds]
        kinds = draw.choice(len(self.kinds), size=count, p=[each / sum(chance) for each in chance])
        for kind in kinds:
            lines = self.kinds[kind][1]
            words: dict[str, str] = {}
            for table in self.tables.values():
                words |= dict(zip(table.columns, table.rows[draw.integers(len(table.rows))], strict=True))
            yield lines[draw.integers(len(lines))].format_map(words).split()


@cache
def world(language: str) -> World:
    """The small world of a language, "en" or "zh"."""
    read = tomllib.loads(files("lessons.data").joinpath("worlds", f"{language}.toml").read_text(encoding="utf-8"))
    return World(
        {name: Table(tuple(t["columns"]), tuple(map(tuple, t["rows"]))) for name, t in read["tables"].items()},
        tuple((kind["weight"], tuple(kind["lines"])) for kind in read["sentences"]),
        {name: (left, right) for name, (left, right) in read["analogies"].items()},
    )
