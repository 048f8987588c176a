"""A gated cell with every path in it: from the states before and from x to each gate, and from gate to state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lessons.contract.panels import Picture
from lessons.explaining.figures import cells as wide
from lessons.recurrent.cell_position import CellPosition

Marks = Sequence[tuple[int, int, str]]
"""What a path is drawn with: (line, column, characters)."""

LSTM: Mapping[str, Marks] = {
    "c₋₁→c": ((0, 4, "─" * 10), (0, 15, "─" * 20), (0, 36, "─" * 20), (0, 57, "───→")),
    "f→c": ((1, 14, "│"), (2, 14, "│")),
    "i→c": ((1, 29, "┌─────"), (2, 29, "│")),
    "g→c": ((1, 36, "──┐"), (2, 38, "│")),
    "c→h": ((0, 56, "┬"), (1, 55, "tanh"), (2, 57, "───→")),
    "o→h": ((2, 50, "┌─────"),),
    **{f"h₋₁→{q}": ((5, 4, "─" * (x - 5)), (5, x - 1, "┘" if q == "o" else "┴"), (4, x - 1, "┌┴")) for q, x in
       {"f": 14, "i": 29, "g": 38, "o": 50}.items()},
    **{f"x→{q}": ((6, 4, "─" * (x - 3)), (6, x + 1, "┘" if q == "o" else "┴"), (5, x + 1, "│"), (4, x, "┴┐")) for q, x
       in {"f": 14, "i": 29, "g": 38, "o": 50}.items()},
}  # fmt: skip
"""Paths of an LSTM cell; where two share a cell, the later one's character is drawn."""
LSTM_SIGNS = (
    (0, 0, "c₋₁"), (0, 14, "×"), (0, 35, "+"), (1, 35, "×"), (2, 56, "×"), (3, 14, "f"), (3, 29, "i"), (3, 38, "g"),
    (3, 50, "o"), (5, 0, "h₋₁"), (6, 0, "x"), (0, 61, "c"), (2, 61, "h"),
)  # fmt: skip

GRU: Mapping[str, Marks] = {
    "h₋₁→h": ((0, 4, "─" * 16), (0, 21, "─" * 31), (0, 53, "───────→")),
    "z→h": ((1, 20, "│"),),
    "z→1−z": ((1, 20, "├─────────"), (1, 33, "─" * 19)),
    "r→r∘h": ((2, 35, "─" * 6),),
    "r∘h→n": ((2, 42, "─" * 10),),
    "h₋₁→z": ((0, 9, "┬"), (1, 9, "│"), (2, 9, "│"), (3, 9, "│"), (4, 9, "└─────────┴"), (3, 19, "┌┴")),
    "h₋₁→r": ((0, 9, "┬"), (1, 9, "│"), (2, 9, "│"), (3, 9, "│"), (4, 9, "└" + "─" * 23 + "┴"), (3, 33, "┌┴")),
    "h₋₁→r∘h": ((0, 9, "┬"), (1, 9, "│"), (2, 9, "│"), (3, 9, "│"), (4, 9, "└" + "─" * 31 + "┘"), (3, 41, "│")),
    "x→z": ((5, 4, "─" * 17 + "┴"), (4, 21, "│"), (3, 20, "┴┐")),
    "x→r": ((5, 4, "─" * 31 + "┴"), (4, 35, "│"), (3, 34, "┴┐")),
    "x→n": ((5, 4, "─" * 48 + "┘"), (4, 52, "│"), (3, 52, "│")),
    "n→h": ((1, 52, "×"),),
}
"""Paths of a GRU cell."""
GRU_SIGNS = (
    (0, 0, "h₋₁"), (0, 20, "×"), (0, 52, "+"), (1, 30, "1−z"), (1, 52, "×"), (2, 20, "z"), (2, 34, "r"), (2, 52, "n"),
    (5, 0, "x"), (0, 61, "h"),
)  # fmt: skip
HEAVY = str.maketrans("─│┌┐└┘┬┴├", "━┃┏┓┗┛┳┻┣")


def paths(at: CellPosition) -> Mapping[str, Marks]:
    """All paths of the cell, by where they come from and go to."""
    return LSTM if "c" in at.cell.states else GRU


def at_work(at: CellPosition) -> set[str]:
    """The paths that the last step went along."""
    op = at.op.rstrip("0123456789")
    if "c" in at.cell.states:
        states = {"c": {"c₋₁→c", "f→c", "i→c", "g→c"}, "h": {"c→h", "o→h"}}
    else:
        states = {"h": {"h₋₁→h", "z→h", "z→1−z", "n→h"}, "m": {"h₋₁→r∘h"}}
    if op in states:
        return states[op]
    gate = op.removeprefix("z") or op
    into_n = {"r→r∘h", "r∘h→n", "h₋₁→r∘h", "x→n"}
    return into_n if gate == "n" else {f"h₋₁→{gate}", f"x→{gate}"} & set(paths(at))


def drawn(at: CellPosition) -> Picture:
    """The cell at work, the paths of the last step in heavy lines over the others."""
    made, lit = paths(at), at_work(at)
    cells = laid(made, made)
    heavy = {place: char.translate(HEAVY) for place, char in laid(made, lit).items()}
    for place, char in heavy.items():  # where another path leaves this one or crosses it, that stays to be seen
        if char == "━" and cells[place] != "─":
            heavy[place] = cells[place].translate(HEAVY) if cells[place] in "┴┬├" else cells[place]
    signs = LSTM_SIGNS if made is LSTM else (*GRU_SIGNS, *reset(at))
    marks = [(y, x, char, "frame") for (y, x), char in cells.items() if (y, x) not in heavy]
    marks += [(y, x, char, "frame" if char == "│" else "forward+written") for (y, x), char in heavy.items()]
    return Picture(
        id="cell_paths", priority=4, marks=[*marks, *((*sign, "head") for sign in (*signs, *names(at, signs)))]
    )


def names(at: CellPosition, signs: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """What each gate is called, beside its letter: at the right where nothing leaves it to there."""
    found = []
    for y, x, q in signs:
        if q in at.cell.gates:
            name = at.stage.say(f"gate_{q}")
            found.append((y, x - wide(name) - 1 if q in "zr" else x + 2, name))
    return found


def laid(made: Mapping[str, Marks], names: Collection[str]) -> dict[tuple[int, int], str]:
    """The character at every place (line, column) of these paths; a line gives way to a junction or a crossing."""
    found: dict[tuple[int, int], str] = {}
    for path in made:
        for y, x, text in made[path] if path in names else ():
            for n, char in enumerate(text):
                if char != "─" or found.get((y, x + n), "─") == "─":
                    found[y, x + n] = char
    return found


def reset(at: CellPosition) -> Sequence[tuple[int, int, str]]:
    """Where a GRU's reset gate is applied: before the matrix Wn or after it."""
    after = "bm" in at.cell.more
    return (2, 41, "×"), (4, 38, "Wn") if after else (2, 46, "Wn")
