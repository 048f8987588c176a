"""Vectors out of the files that there are: word2vec's and GloVe's text, word2vec's binary, plain or packed.

A text file has a line "V D" first, which GloVe's lack, then on each line a word and D numbers, separated by spaces or
tabs. A binary file has that line, then each word, a space and D float32 (or float64), and perhaps a line end. Words may
have spaces in them. What is found is counted: a word that comes twice (the first is kept), rows with numbers that are
not finite (left out), words that are no UTF-8 (shown with U+FFFD).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from engine.device import HOST, HostArray, quiet
from engine.files import UNKNOWN, opened, size
from engine.words.run.files import VectorsError, Words

xp = HOST.xp
LONGEST = 1 << 16
"""Bytes of the longest word."""
LINE = 1 << 22
"""Bytes of the longest line."""
ROOM = 1 << 20
"""Numbers that room is made for at first, then twice as much whenever it is full: a header may promise too many."""
MOST = 1 << 16
"""Dimensions at most."""
TRIED = 20
"""Rows of a binary file by which it is seen how its numbers are written."""
LARGEST = 1e15
"""A number beyond this, or a word with a control character, shows that a binary file was read in the wrong way."""
OTHERS = {b"\x80": "gensim", b"\xba\x16\x4f\x2f": "fasttext", b"\x93NUMPY": "numpy", b"PK\x03\x04": "archive"}
"""What files begin with that hold vectors, or arrays, in another format."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Row = tuple[bytes, HostArray]


class Shape(NamedTuple):
    """How a binary row is written: the type of its numbers, and whether a line end follows them."""

    kind: str
    ended: bool

    def bytes(self, dim: int) -> int:
        """Of the numbers of a row."""
        return dim * int(self.kind[-1])


SHAPES = [Shape("<f4", True), Shape("<f4", False), Shape("<f8", True), Shape("<f8", False)]


def load(path: Path) -> Words:
    """Read vectors, in whichever format they are. Raises VectorsError, and OSError."""
    with opened(path) as file:
        begins = file.read(LONGEST)
        for magic, name in OTHERS.items():
            if begins.startswith(magic):
                raise VectorsError(f"is_{name}", path=str(path))
        begins = begins.removeprefix(b"\xef\xbb\xbf")
        count, dim, start = header(path, begins)
        if (
            count is not None and size(path) != UNKNOWN and size(path) < count * 2 * dim
        ):  # a digit and a space, at least
            raise VectorsError("truncated", path=str(path), count=count, read=f"≤ {size(path) // (2 * dim)}")
        rest = Ahead(file, begins[start:])
        is_text = count is None or is_text_row(rest.line(), dim)
        rest.back()
        if count is None or is_text:
            rows = text_rows(path, rest, dim, 1 if count is None else 2)
        else:
            rows = binary_rows(path, rest, dim, count)
        return gathered(path, rows, count, dim)


LEAST = 10
"""Numbers on each line that make a text without a header a file of vectors."""


def are_vectors(path: Path) -> bool:
    """Whether a file holds vectors, and no text, as far as its first lines show. Raises OSError."""
    with opened(path) as file:
        begins = file.read(LONGEST)
    if b"\0" in begins[:3] or begins[:4] in OTHERS:
        return False
    try:
        count, dim, start = header(path, begins)
    except VectorsError:
        return False
    if count is None:
        return dim >= LEAST
    rest = Ahead(BytesIO(), begins[start:])
    if is_text_row(rest.line(), dim):
        return True
    rest.back()
    return any(
        well(row) for shape in SHAPES for row in islice(rows_as(Ahead(BytesIO(), begins[start:]), dim, shape), 1)
    )


def header(path: Path, begins: bytes) -> tuple[int | None, int, int]:
    """(V, D, where the rows begin); V is None where there is no header, and D what the first two lines agree on.

    Raises VectorsError.
    """
    lines = begins.split(b"\n", 2)
    fields = lines[0].split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 16 for field in fields):
        count, dim = int(fields[0]), int(fields[1])
        if count and 0 < dim <= MOST:
            return count, dim, len(lines[0]) + 1
    dim = min((numbers_at_end(line) for line in lines[:2] if line.strip() and line is not begins), default=0)
    if len(fields) < 3 or dim < 1:
        found = lines[0][:40].decode(errors="replace").strip()
        raise VectorsError("header", path=str(path), found=found)
    return None, dim, 0


def numbers_at_end(line: bytes) -> int:
    """How many numbers a line ends in, its first field left out."""
    count = 0
    for field in reversed(line.split()[1:]):
        if number(field) is None:
            break
        count += 1
    return count


def number(field: bytes) -> float | None:
    """A number as it is written, or None."""
    try:
        return float(field)
    except ValueError:
        return None


class Ahead:
    """A file of which some bytes have been read: lines and stretches of it, and back to where it was begun with."""

    def __init__(self, file: IO[bytes], begun: bytes) -> None:
        self.file, self.held, self.at = file, begun, 0

    def back(self) -> None:
        """To the first byte; as long as no more than `LONGEST` or a line was read."""
        self.at = 0

    def fill(self, wanted: int) -> bool:
        """See that `wanted` bytes are held from here on; False where the file ends before."""
        while len(self.held) - self.at < wanted:
            more = self.file.read(max(1 << 20, wanted))
            if not more:
                return False
            self.held, self.at = self.held[self.at :] + more, 0
        return True

    def find(self, sign: bytes, start: int, most: int) -> int:
        """How far from here a byte stands, from `start` on and within `most`; -1 where it does not."""
        while (found := self.held.find(sign, self.at + start, self.at + most)) < 0:
            held = len(self.held) - self.at
            if held >= most or not self.fill(held + 1):
                return -1
        return found - self.at

    def line(self) -> bytes:
        """The next line, with its end."""
        end = self.find(b"\n", 0, LINE)
        return self.take(end + 1 if end >= 0 else min(len(self.held) - self.at, LINE))

    def lines(self) -> Iterator[bytes]:
        """All lines from here on, each with its end."""
        while True:
            end = self.held.find(b"\n", self.at, self.at + LINE)
            if end >= 0:
                line, self.at = self.held[self.at : end + 1], end + 1
            else:
                line = self.line()
            if not line:
                return
            yield line

    def take(self, count: int) -> bytes:
        """The next bytes, which must be held."""
        taken = self.held[self.at : self.at + count]
        self.at += count
        return taken


def text_row(line: bytes, dim: int) -> Row | None:
    """The word and the numbers of a line; None where they are not D."""
    if b"\t" in line:
        line = line.replace(b"\t", b" ")
    word, *numbers = line.rstrip(b"\r\n ").rsplit(b" ", dim)
    if len(numbers) != dim or not word.strip() or b"\0" in line:  # NumPy would leave out a NUL at the end of a number
        return None
    try:
        return word, xp.array(numbers, dtype=xp.float32)
    except ValueError:
        return None


def is_text_row(line: bytes, dim: int) -> bool:
    """Whether a line is a row of a text file, each number as Python reads it: NumPy takes some bytes for one."""
    fields = line.replace(b"\t", b" ").rstrip(b"\r\n ").rsplit(b" ", dim)[1:]
    return text_row(line, dim) is not None and all(number(each) is not None for each in fields)


def text_rows(path: Path, rest: Ahead, dim: int, first: int) -> Iterator[Row]:
    """The rows of a text file, whose first has this number as a line. Raises VectorsError for one that is none."""
    for number, line in enumerate(rest.lines(), first):
        row = text_row(line, dim)
        if row is None:
            if not line.strip():
                continue
            if not line.endswith(b"\n"):  # cut off within a row
                return
            shown = line[:40].decode(errors="replace").strip()
            raise VectorsError("row", path=str(path), line=number, dim=dim, found=shown)
        yield row


def binary_rows(path: Path, rest: Ahead, dim: int, count: int) -> Iterator[Row]:
    """The rows of a binary file, written in the way by which its first rows read best. Raises VectorsError."""
    ended = not rest.fill(LONGEST)
    scores = [fit(rest.held, dim, count, shape, ended) for shape in SHAPES]
    if not max(scores):
        raise VectorsError("binary", path=str(path), dim=dim)
    for row in rows_as(rest, dim, SHAPES[scores.index(max(scores))]):
        if not well(row):
            raise VectorsError("binary", path=str(path), dim=dim)
        yield row


def fit(held: bytes, dim: int, count: int, shape: Shape, ended: bool) -> int:
    """How well the first rows read: 0 not at all, 1 as far as they go, 2 as many as there should be and nothing left.

    `held` are the first bytes of the rows, or all if they have `ended`.
    """
    begun, tried = Ahead(BytesIO(), held), min(TRIED, count)
    some = list(islice(rows_as(begun, dim, shape), tried))
    if not some or not all(map(well, some)):
        return 0
    left = held[begun.at :].strip(b"\n") if ended and tried == count else b""
    return 2 if len(some) == tried and not left else 1


def rows_as(rest: Ahead, dim: int, shape: Shape) -> Iterator[Row]:
    """The rows up to the first that is incomplete. Where lines end, a word has a space if no line end would follow."""
    size = shape.bytes(dim)
    while True:
        space = rest.find(b" ", 0, LONGEST)
        while shape.ended and space >= 0 and rest.fill(space + 2 + size) and not ends(rest, space + 1 + size):
            space = rest.find(b" ", space + 1, LONGEST)
        if space < 0 or not rest.fill(space + 1 + size):
            return
        word = rest.take(space + 1)[:-1].lstrip(b"\n")
        with quiet():  # what float32 cannot hold is infinite, and left out
            numbers = xp.frombuffer(rest.take(size), dtype=shape.kind).astype(xp.float32)
        yield word, numbers


def ends(rest: Ahead, at: int) -> bool:
    """Whether a line ends so many bytes from here."""
    return rest.held[rest.at + at : rest.at + at + 1] == b"\n"


def well(row: Row) -> bool:
    """Whether a row of a binary file reads as one: no control characters in the word, no number beyond all measure."""
    word, numbers = row
    sound = numbers[xp.isfinite(numbers)]
    return bool(word) and not CONTROL.search(word.decode(errors="replace")) and bool((abs(sound) < LARGEST).all())


def gathered(path: Path, rows: Iterator[Row], count: int | None, dim: int) -> Words:
    """All rows, and what was found; as many as the header promises. Raises VectorsError."""
    table, read, number_of = xp.empty((max(1, ROOM // dim), dim), dtype=xp.float32), 0, dict[str, int]()
    found = {"twice": 0, "not_finite": 0, "undecodable": 0}
    for word, numbers in rows:
        read += 1
        if count is not None and read > count:
            raise VectorsError("too_many", path=str(path), count=count)
        text = word.decode(errors="replace")
        held = number_of.get(text)
        if held is not None and not xp.isfinite(table[held]).all():
            found["not_finite"] += 1
            table[held] = numbers
        elif held is not None:
            found["twice"] += 1
        else:
            found["undecodable"] += "\ufffd" in text
            if len(number_of) == len(table):
                table = xp.concatenate([table, xp.empty_like(table)])
            table[len(number_of)] = numbers
            number_of[text] = len(number_of)
    if count is not None and read < count:
        raise VectorsError("truncated", path=str(path), count=count, read=read)
    words, whole = tuple(number_of), xp.isfinite(table[: len(number_of)]).all(axis=1)
    if not whole.all():  # looked at all at once: a row at a time takes a tenth of the time of reading
        found["not_finite"] += int((~whole).sum())
        words = tuple(word for word, sound in zip(words, whole, strict=True) if sound)
        table = table[: len(whole)][whole]
    if not words:
        raise VectorsError("none", path=str(path), **found)
    rows_held = table[: len(words)]
    return Words(words, rows_held if 2 * len(words) > len(table) else rows_held.copy(), found)
