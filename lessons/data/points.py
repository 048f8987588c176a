"""Points in the plane for the feed-forward lessons: named sets, drawn ones, and the learner's own from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.device import HostArray, rng
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason

SQUARE = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}
CLOUDS = ("separable", "nearly")
MOST = 1000
"""Points that a file may hold: each of them is drawn, visited and kept in sight."""


def points(data: str, seed: int, count: int) -> tuple[HostArray, HostArray]:
    """x (N, 2) and y (N,), 0 or 1, of a named set or a CSV file. Raises Refused."""
    if data in GATES:
        return np.array(SQUARE), np.array(GATES[data], dtype=float)
    if data in CLOUDS:
        return cloud(data, seed, count)
    return read_csv(data)


def cloud(kind: str, seed: int, count: int) -> tuple[HostArray, HostArray]:
    """Two clouds on either side of a random line; "nearly" has one point in twenty on the wrong side."""
    draw = rng(seed, 7)
    y = np.zeros(count)
    while y.min() == y.max():  # both classes must occur
        angle = draw.uniform(0, 2 * np.pi)
        normal = np.array([np.cos(angle), np.sin(angle)])
        x = np.empty((0, 2))
        while len(x) < count:  # a strip along the line stays empty
            more = draw.uniform(-1, 1, (4 * count, 2))
            x = np.concatenate([x, more[np.abs(more @ normal - 0.1) > 0.15]])
        x = np.round(x[:count], 3)
        y = (x @ normal > 0.1).astype(float)
    if kind == "nearly":
        middles = np.array([x[y == c].mean(axis=0) for c in (0, 1)])
        depth = np.linalg.norm(x - middles[y.astype(int)], axis=1)
        wrong = np.argsort(depth)[: max(1, count // 20)]  # deep inside, where no line can save them
        y[wrong] = 1 - y[wrong]
    return x, y


def read_csv(file: str, least: int = 2, far: float = float("inf")) -> tuple[HostArray, HostArray]:
    """Points from columns x1, x2 and label (or y): two classes, as 0 and 1 in the order of their names.

    Raises Refused, also where there are fewer than `least`, or a number is further than `far` from 0.
    """
    x, raw, _ = _read(file, least, far)
    return x, _classes(file, [cell for _, cell in raw])


def read_examples(file: str) -> tuple[HostArray, HostArray, bool]:
    """Points from columns x1, x2 and label, two classes as in `read_csv`; or y, numbers. (x, y, whether classes)."""
    x, raw, third = _read(file)
    if third == "label":
        return x, _classes(file, [cell for _, cell in raw]), True
    return x, np.array([_number(file, line, "y", cell) for line, cell in raw]), False


def has_classes(file: str) -> bool:
    """Whether a file's third column is label, not y; only its beginning is read. Raises Refused."""
    return next((third == "label" for _, _, third in _rows(file)), True)


def pairs_of_state(file: str, given: Mapping[str, Any], x: str, y: str, least: int) -> tuple[HostArray, HostArray]:
    """Points (N, 2) and what is wanted of them (N,), from the lists `x` and `y` of a state's inputs.

    Raises Refused: other shapes, numbers that are not finite, fewer than `least` or more than `MOST`.
    """
    try:
        pairs, wanted = np.array(given.get(x), dtype=float), np.array(given.get(y), dtype=float)
    except (TypeError, ValueError, OverflowError):
        pairs, wanted = np.zeros((0, 1)), np.zeros(1)
    pairs = pairs.reshape(-1, 2) if pairs.size == 0 and wanted.size == 0 else pairs
    fits = pairs.ndim == 2 and pairs.shape[1:] == (2,) and wanted.shape == (len(pairs),)
    if not fits or not least <= len(pairs) <= MOST or not np.isfinite(pairs).all() or not np.isfinite(wanted).all():
        raise Refused("inputs_examples", file=file, x=x, y=y)
    return pairs, wanted


def _read(file: str, least: int = 2, far: float = float("inf")) -> tuple[HostArray, list[tuple[int, str]], str]:
    """x (N, 2); the third column's cells with their lines; and its name. Read no further than `MOST` points."""
    x: list[list[float]] = []
    raw: list[tuple[int, str]] = []
    third = "label"
    for line, row, third in _rows(file):
        x.append([_number(file, line, name, row[name], far) for name in ("x1", "x2")])
        raw.append((line, row[third]))
        if len(x) > MOST:
            raise Refused("csv_large", file=file, most=MOST)
    if len(x) < least:
        raise Refused("csv_few", file=file, count=len(x), least=least)
    return np.array(x), raw, third


def _classes(file: str, labels: list[str]) -> HostArray:
    names = sorted(set(labels), key=_as_number)
    if len(names) != 2:
        shown = ", ".join(names[:4])
        raise Refused("csv_classes", file=file, count=len(names), labels=shown)
    return np.array([float(names.index(label)) for label in labels])


def _rows(file: str) -> Iterator[tuple[int, dict[str, str], str]]:
    """(line, cells by column, the third column's name) of a file, line by line. Raises Refused: no such file."""
    try:
        if Path(file).is_dir():
            raise Refused("file_folder", file=file)
        if Path(file).exists() and not Path(file).is_file():
            raise Refused("file_kind", file=file)
        with open(file, encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            heads = [name.strip().lower() for name in next(reader, [])]
            third = "y" if "y" in heads and "label" not in heads else "label"
            for name in ("x1", "x2", third):
                if name not in heads:
                    raise Refused("csv_column", file=file, column=name)
            where = {name: heads.index(name) for name in ("x1", "x2", third)}
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                cells = {name: row[at].strip() if at < len(row) else "" for name, at in where.items()}
                if not cells[third]:
                    raise Refused("csv_empty", file=file, line=reader.line_num, column=third)
                yield reader.line_num, cells, third
    except Refused:  # which is a ValueError too
        raise
    except FileNotFoundError:
        raise Refused("file_missing", file=file) from None
    except (ValueError, csv.Error) as error:  # bytes that are no text, or a name that no file can have
        raise Refused("csv_text", file=file, error=str(error).splitlines()[0]) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None


def _number(file: str, line: int, column: str, raw: str, far: float = float("inf")) -> float:
    try:
        number = float(raw)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise Refused("csv_number", file=file, line=line, column=column, value=raw[:20] or "–")
    if abs(number) > far:
        raise Refused("csv_far", file=file, line=line, column=column, value=raw[:20], far=f"{far:g}")
    return number


def _as_number(label: str) -> tuple[int, float, str]:
    """Numbers in their order, before words."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label
