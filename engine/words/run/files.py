"""Writing files of vectors in the formats of word2vec and gensim, text or binary; and checkpoints of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from engine.device import HOST, HostArray
from engine.files import write
from engine.walks.archive import ArchiveError, read_archive, write_archive
from engine.words.kernel.fast import Vectors

xp = HOST.xp


class VectorsError(ValueError):
    """A file that cannot be read as vectors: `key` is the reason (a phrase), `about` its fields."""

    def __init__(self, key: str, **about: Any) -> None:
        super().__init__(key, about)
        self.key, self.about = key, about


class Words(NamedTuple):
    """V words, their vectors (V, D) float32, and what was found in reading them, by kind (see `loading`)."""

    words: tuple[str, ...]
    vectors: HostArray
    found: Mapping[str, int] = {}


def save(path: Path, held: Words, binary: bool = False) -> None:
    """Write vectors: a line "V D", then every word with its numbers, float32 exactly. Raises OSError."""
    vectors = held.vectors.astype(xp.float32)

    def fill(file: IO[bytes]) -> None:
        file.write(f"{len(held.words)} {vectors.shape[1]}\n".encode())
        line = " ".join(["%.9g"] * vectors.shape[1]) + "\n"
        for word, row in zip(held.words, vectors, strict=True):
            numbers = row.astype("<f4").tobytes() if binary else (line % tuple(row.tolist())).encode()
            file.write(word.encode() + b" " + numbers)

    write(path, fill)


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
        done = about.pop("done")
        if not isinstance(done, int) or isinstance(done, bool) or done < 0:
            raise ValueError(f"{done} chunks")
        return Checkpoint(done, Vectors(arrays["table"], arrays.get("nodes")), about)
    except (ArchiveError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise VectorsError("checkpoint", path=str(path)) from error
