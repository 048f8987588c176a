"""Files of vectors in the formats of word2vec and gensim, text or binary; and checkpoints of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from engine.device import HOST, HostArray
from engine.files import write
from engine.walks.archive import ArchiveError, read_archive, write_archive
from engine.words.kernel.fast import Vectors

xp = HOST.xp
LONGEST = 1000
"""Bytes of the longest word that is read from a binary file."""


class VectorsError(ValueError):
    """A file that cannot be read as vectors: `key` is the reason (a phrase), `about` its fields."""

    def __init__(self, key: str, **about: Any) -> None:
        super().__init__(key, about)
        self.key, self.about = key, about


class Words(NamedTuple):
    """V words, and their vectors (V, D) float32."""

    words: tuple[str, ...]
    vectors: HostArray


def save(path: Path, held: Words, binary: bool = False) -> None:
    """Write vectors: a line "V D", then every word with its numbers, float32 exactly. Raises OSError."""
    vectors = held.vectors.astype(xp.float32)

    def fill(file: IO[bytes]) -> None:
        file.write(f"{len(held.words)} {vectors.shape[1]}\n".encode())
        for word, row in zip(held.words, vectors, strict=True):
            numbers = row.astype("<f4").tobytes() if binary else " ".join(f"{x:.9g}" for x in row).encode() + b"\n"
            file.write(word.encode() + b" " + numbers)

    write(path, fill)


def load(path: Path) -> Words:
    """Read vectors, text or binary, which is detected. Raises VectorsError, and OSError."""
    with path.open("rb") as file:
        header = file.readline(100)
        try:
            count, dim = (int(part) for part in header.split())
        except ValueError:
            raise VectorsError("header", path=str(path), found=header[:40].decode(errors="replace").strip()) from None
        if count < 1 or dim < 1:
            raise VectorsError("header", path=str(path), found=f"{count} {dim}")
        start = file.tell()
        if os.fstat(file.fileno()).st_size - start < count * 2 * dim:  # a digit and a space, at the least
            raise VectorsError("truncated", path=str(path), count=count, read="?")
        held = text_rows(file, dim)
        if held is None:
            file.seek(start)
            held = binary_rows(file, dim)
        words: list[str] = []
        rows = xp.empty((count, dim), dtype=xp.float32)
        for word, row in held:
            if len(words) == count:
                raise VectorsError("too_many", path=str(path), count=count)
            rows[len(words)] = row
            words.append(word)
    if len(words) < count:
        raise VectorsError("truncated", path=str(path), count=count, read=len(words))
    if len(set(words)) < count:
        raise VectorsError("twice", path=str(path), word=next(w for n, w in enumerate(words) if w in words[:n]))
    return Words(tuple(words), rows)


def text_rows(file: IO[bytes], dim: int) -> Iterator[tuple[str, HostArray]] | None:
    """Words and vectors of a text file up to the first line that is incomplete; None if the first line is."""

    def row(line: bytes) -> tuple[str, HostArray] | None:
        if not line.endswith(b"\n"):
            return None  # truncated, perhaps within a number
        word, *numbers = line.rstrip(b"\n\r ").rsplit(b" ", dim)
        try:
            return (word.decode(), xp.array([float(n) for n in numbers], dtype=xp.float32))
        except ValueError:
            return None

    first = row(file.readline())
    if first is None or len(first[1]) != dim:
        return None

    def rest() -> Iterator[tuple[str, HostArray]]:
        yield first
        for line in file:
            entry = row(line)
            if entry is None or len(entry[1]) != dim:
                return
            yield entry

    return rest()


def binary_rows(file: IO[bytes], dim: int) -> Iterator[tuple[str, HostArray]]:
    """Words and vectors of a binary file up to the first that is incomplete."""
    while True:
        word = bytearray()
        while (byte := file.read(1)) != b" ":
            if not byte or len(word) > LONGEST:
                return
            word += byte
        numbers = file.read(4 * dim)
        if len(numbers) < 4 * dim:
            return
        yield word.lstrip(b"\n").decode(errors="replace"), xp.frombuffer(numbers, dtype="<f4")


class Checkpoint(NamedTuple):
    """A run that can be resumed: chunks done, its vectors, and the settings that it was started with (JSON)."""

    done: int
    vectors: Vectors
    about: dict[str, Any]


def keep(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint. Raises OSError."""
    held = {"table": checkpoint.vectors.table}
    if checkpoint.vectors.nodes is not None:
        held["nodes"] = checkpoint.vectors.nodes
    write_archive(path, {"done": checkpoint.done, **checkpoint.about}, held)


def resume(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises VectorsError, and OSError."""
    try:
        about, arrays = read_archive(path)
        done = int(about.pop("done"))
        return Checkpoint(done, Vectors(arrays["table"], arrays.get("nodes")), about)
    except (ArchiveError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise VectorsError("checkpoint", path=str(path)) from error
