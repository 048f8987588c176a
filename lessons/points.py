"""Points in the plane for the feed-forward lessons: named sets, drawn ones, and the learner's own from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.device import HostArray, rng
from lessons.knobs import Refused

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


def read_csv(file: str) -> tuple[HostArray, HostArray]:
    """Points from columns x1, x2 and label (or y): two classes, as 0 and 1 in the order of their names."""
    x: list[list[float]] = []
    labels: list[str] = []
    for line, row in _rows(file):
        x.append([_number(file, line, name, row[name]) for name in ("x1", "x2")])
        labels.append(row["label"])
        if len(x) > MOST:
            raise Refused("csv_large", file=file, most=MOST)
    if len(x) < 2:
        raise Refused("csv_few", file=file, count=len(x))
    names = sorted(set(labels), key=_as_number)
    if len(names) != 2:
        shown = ", ".join(names[:4])
        raise Refused("csv_classes", file=file, count=len(names), labels=shown)
    return np.array(x), np.array([float(names.index(label)) for label in labels])


def _rows(file: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, x1, x2, label) of a file, read line by line. Raises Refused where it is no such file."""
    try:
        if Path(file).is_dir():
            raise Refused("file_folder", file=file)
        with open(file, encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            heads = [name.strip().lower() for name in next(reader, [])]
            third = "label" if "label" in heads else "y"
            for name in ("x1", "x2", third):
                if name not in heads:
                    raise Refused("csv_column", file=file, column="label" if name == "y" else name)
            where = {name: heads.index(name) for name in ("x1", "x2", third)}
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                cells = [row[at].strip() if at < len(row) else "" for at in where.values()]
                if not cells[2]:
                    raise Refused("csv_empty", file=file, line=reader.line_num, column=third)
                yield reader.line_num, dict(zip(("x1", "x2", "label"), cells, strict=True))
    except FileNotFoundError:
        raise Refused("file_missing", file=file) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("csv_text", file=file, error=str(error).splitlines()[0]) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=error.strerror or error) from None


def _number(file: str, line: int, column: str, raw: str) -> float:
    try:
        number = float(raw)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise Refused("csv_number", file=file, line=line, column=column, value=raw[:20] or "–")
    return number


def _as_number(label: str) -> tuple[int, float, str]:
    """Numbers in their order, before words."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label
