"""Reading text of any size, once and in blocks, as codes of words; those of a large text are kept on disk.

A line is a sentence; it ends in LF, CR or both. Bytes that are not UTF-8 are replaced and counted; what gzip or bzip2
packed is unpacked. `engine.words.corpus.splitting` says what a word is.
"""

from __future__ import annotations

import codecs
import os
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator
from io import IncrementalNewlineDecoder
from pathlib import Path
from typing import IO, Any, NamedTuple

from engine.device import HOST, HostArray
from engine.files import opened, size
from engine.words.corpus.splitting import Segment, words
from engine.words.corpus.vocabulary import Vocabulary
from engine.words.kernel.chunk import END

xp = HOST.xp
BLOCK = 1 << 20
"""Bytes read at a time."""
LARGE = 64 << 20
"""Bytes of text from which on the codes are kept on disk."""
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NONE = -2
"""The code of a word that is not in the vocabulary."""


class CorpusError(ValueError):
    """Text that cannot be trained on: `key` is the reason (a phrase), `about` its fields."""

    def __init__(self, key: str, **about: Any) -> None:
        super().__init__(key, about)
        self.key, self.about = key, about


class Stored:
    """Codes (int32) in a file, of which slices are read on access and not kept. The file is deleted with the object."""

    def __init__(self, path: str, length: int) -> None:
        self._path, self._length = path, length
        self._gone = weakref.finalize(self, removed, path, os.getpid())

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, stretch: slice) -> HostArray:
        start, stop, _ = stretch.indices(self._length)
        with open(self._path, "rb") as file:  # opened afresh, for several processes may read
            file.seek(4 * start)
            codes: HostArray = xp.frombuffer(file.read(4 * max(0, stop - start)), dtype=xp.int32)
        return codes


def removed(path: str, owner: int) -> None:
    """Delete the file, but only in the process that made it (`owner`), not in a worker."""
    if os.getpid() == owner:
        Path(path).unlink(missing_ok=True)


class Corpus(NamedTuple):
    """A text as codes, an END after each sentence; `bad` is how many bytes were replaced."""

    vocabulary: Vocabulary
    text: HostArray | Stored
    sentences: int
    bad: int


def blocks(path: Path, most: int | None = None) -> Iterator[tuple[str, int]]:
    """A file's text in blocks, with the number of bad bytes of each.

    Raises CorpusError if it is binary, or has more than `most` bytes, and OSError.
    """
    count = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    lines = IncrementalNewlineDecoder(decoder, translate=True)
    with opened(path) as file:
        while raw := file.read(BLOCK):
            count += len(raw)
            if most is not None and count > most:
                raise CorpusError("large", path=str(path), most=most >> 20)
            if b"\0" in raw or raw.startswith(UTF16):
                raise CorpusError("binary", path=str(path))
            text = lines.decode(raw)
            yield text, max(0, text.count("\ufffd") - raw.count(b"\xef\xbf\xbd"))
    if rest := lines.decode(b"", final=True):
        yield rest, rest.count("\ufffd")


def tokens(
    text: Iterable[tuple[str, int]], spaces: bool, lower: bool, segment: Segment | None
) -> Iterator[tuple[list[str], int]]:
    """Words and "\\n" of each block, and its bad bytes; a word is never cut at the end of a block."""
    left, ended = "", True
    for block, bad in text:
        ended = block.endswith("\n") if block else ended
        block = left + (block.lower() if lower else block)
        cut = 1 + max(block.rfind(space) for space in " \n\t") or len(block)
        block, left = block[:cut], block[cut:]
        yield words(block, spaces, segment), bad
    yield [*words(left, spaces, segment), *(() if ended else ("\n",))], 0


def read(
    paths: Iterable[Path],
    min_count: int = 5,
    max_size: int | None = None,
    spaces: bool = False,
    lower: bool = False,
    segment: Segment | None = None,
    most: int | None = None,
) -> Corpus:
    """The corpus of all files, one after the other. Raises CorpusError, and OSError.

    Words that occur less than `min_count` times are dropped, as are those beyond the `max_size` most frequent. With
    `spaces` words are what stands between spaces; with `lower` letters are made lower case. `most` bounds the bytes of
    a file.
    """
    paths = list(paths)
    large = sum(map(size, paths)) > LARGE
    tokenised = (each for path in paths for each in tokens(blocks(path, most), spaces, lower, segment))
    return collect(tokenised, ", ".join(map(str, paths)), min_count, max_size, large)


def collect(
    tokenised: Iterable[tuple[list[str], int]],
    name: str,
    min_count: int,
    max_size: int | None = None,
    large: bool = False,
) -> Corpus:
    """The corpus of blocks of words and "\\n", each with its bad bytes. Raises CorpusError, about the text `name`.

    With `large` the codes are kept on disk.
    """
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    end = number["\n"]
    counts, bad = xp.zeros(1024, dtype=xp.int64), 0
    with tempfile.TemporaryFile() as raw:
        kept: list[HostArray] = []
        for block, wrong in tokenised:
            codes = xp.fromiter(map(number.__getitem__, block), dtype=xp.int32, count=len(block))
            if len(number) > len(counts):
                counts = xp.concatenate([counts, xp.zeros(len(number), dtype=xp.int64)])
            counts[: len(number)] += xp.bincount(codes, minlength=len(number))
            bad += wrong
            raw.write(codes.tobytes()) if large else kept.append(codes)
        counts, names = counts[: len(number)], list(number)
        total = int(counts.sum() - counts[end])
        counts[end] = 0
        order = xp.argsort(-counts, kind="stable")
        order = order[counts[order] >= max(1, min_count)][:max_size]
        vocabulary = Vocabulary(tuple(names[n] for n in order), tuple(int(counts[n]) for n in order), total)
        if not total:
            raise CorpusError("empty", path=name)
        if len(order) < 2:
            raise CorpusError("few_words", words=int((counts > 0).sum()), min_count=min_count, most=int(counts.max()))
        new = xp.full(len(names), NONE, dtype=xp.int32)
        new[order], new[end] = xp.arange(len(order)), END
        if large:
            return Corpus(vocabulary, *renumbered(raw, new), bad)
        codes = new[xp.concatenate(kept)]
        codes = codes[codes != NONE]
        return Corpus(vocabulary, codes, int((codes == END).sum()), bad)


def renumbered(raw: IO[bytes], new: HostArray) -> tuple[Stored, int]:
    """Codes of first appearance mapped to final ones by `new`, in a file; and the number of sentences."""
    handle, path = tempfile.mkstemp(prefix="unroll-", suffix=".codes")
    length, sentences = 0, 0
    raw.seek(0)
    try:
        with os.fdopen(handle, "wb") as file:
            while block := raw.read(4 * BLOCK):
                codes = new[xp.frombuffer(block, dtype=xp.int32)]
                codes = codes[codes != NONE]
                file.write(codes.tobytes())
                length += len(codes)
                sentences += int((codes == END).sum())
    except BaseException:
        removed(path, os.getpid())
        raise
    return Stored(path, length), sentences


def segmenter() -> Segment | None:
    """The Chinese segmenter of the extra `zh`, where it is installed."""
    try:
        import rjieba
    except ImportError:
        return None
    cut: Segment = rjieba.cut
    return cut
