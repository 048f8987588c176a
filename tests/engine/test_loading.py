"""Vectors as the world writes them: GloVe's, packed, with words twice, no UTF-8, spaces, other numbers; and none."""

from __future__ import annotations

import bz2
import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.words.run import files
from engine.words.run.files import VectorsError, Words
from engine.words.run.loading import are_vectors, load

TEXT = b"3 4\nthe 1 2 3 4\nof 5 6 7 8\nking -1 .5 1e-3 2\n"
ROWS = [[1, 2, 3, 4], [5, 6, 7, 8], [-1, 0.5, 1e-3, 2]]
NO_HEADER = TEXT.partition(b"\n")[2]


def loaded(folder: Path, data: bytes) -> Words:
    path = folder / "v"
    path.write_bytes(data)
    return load(path)


def refused(folder: Path, data: bytes) -> VectorsError:
    with pytest.raises(VectorsError) as caught:
        loaded(folder, data)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        TEXT, NO_HEADER, TEXT[:-1], NO_HEADER[:-1],
        gzip.compress(TEXT, mtime=0), bz2.compress(TEXT), gzip.compress(NO_HEADER, mtime=0),
        TEXT.replace(b"\n", b"\r\n"), TEXT.replace(b" ", b"\t").replace(b"3\t4", b"3 4"), b"\xef\xbb\xbf" + TEXT,
        TEXT.replace(b"\n", b" \n"), TEXT + b"\n", TEXT.replace(b"\nof", b"\n\nof"),
    ],
    ids=lambda data: f"{len(data)}-{sum(data)}",
)  # fmt: skip
def test_text_in_its_variants(tmp_path: Path, data: bytes) -> None:
    found = loaded(tmp_path, data)
    assert found.words == ("the", "of", "king")
    np.testing.assert_array_equal(found.vectors, np.array(ROWS, np.float32))
    assert not any(found.found.values())


def binary(words: list[bytes], rows: np.ndarray, kind: str, end: bytes) -> bytes:
    body = b"".join(word + b" " + row.astype(kind).tobytes() + end for word, row in zip(words, rows, strict=True))
    return b"%d %d\n" % rows.shape + body


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(WORDS.map(str.strip).filter(bool), min_size=1, max_size=30, unique=True),
    dim=st.integers(1, 20), seed=st.integers(0, 99), kind=st.sampled_from(["<f4", "<f8"]), end=st.booleans(),
)  # fmt: skip
def test_binary_of_any_words(tmp_path: Path, words: list[str], dim: int, seed: int, kind: str, end: bool) -> None:
    """As the C program writes them, with a line end, words may have spaces; without one they may not."""
    if not end or kind == "<f8":
        words = list(dict.fromkeys("_".join(word.split()) for word in words))
    rows = np.random.default_rng(seed).normal(size=(len(words), dim)).astype(np.float32)
    found = loaded(tmp_path, binary([word.encode() for word in words], rows, kind, b"\n" if end else b""))
    assert found.words == tuple(words)
    np.testing.assert_array_equal(found.vectors, rows)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS.map(str.strip).filter(bool), min_size=1, max_size=20, unique=True), seed=st.integers(0, 99))
def test_what_is_written_is_read(tmp_path: Path, words: list[str], seed: int) -> None:
    held = Words(tuple(words), np.random.default_rng(seed).normal(size=(len(words), 5)).astype(np.float32))
    files.save(tmp_path / "v", held)
    found = load(tmp_path / "v")
    assert found.words == held.words
    np.testing.assert_array_equal(found.vectors, held.vectors)


def test_long_words(tmp_path: Path) -> None:
    words, rows = [b"a" * 5000, b"b"], np.array(ROWS[:2])
    for data in (
        binary(words, rows, "<f4", b""),
        binary(words, rows, "<f4", b"\n"),
        b"2 2\n" + b"a" * 5000 + b" 1 2\nb 3 4",
    ):
        assert loaded(tmp_path, data).words[0] == "a" * 5000


def test_what_is_found_is_counted(tmp_path: Path) -> None:
    data = b"6 2\nking 1 2\nking 3 4\ncaf\xe9 5 6\nodd nan 1\nodder inf 2\nqueen 7 8\n"
    found = loaded(tmp_path, data)
    assert found.words == ("king", "caf\ufffd", "queen")
    assert found.vectors.tolist() == [[1, 2], [5, 6], [7, 8]]
    assert found.found == {"twice": 1, "not_finite": 2, "undecodable": 1}
    rows = np.array([[1, np.nan], [2, 3], [4, 5], [6, 7]])
    again = loaded(tmp_path, binary([b"odd", b"king", b"king", b"\xff\xfe"], rows, "<f4", b"\n"))
    assert (again.words, again.found["twice"], again.found["not_finite"]) == (("king", "\ufffd\ufffd"), 1, 1)


@pytest.mark.parametrize(
    ("data", "key", "about"),
    [
        (b"", "header", {"found": ""}),
        (b"hello world\nmore text\n", "header", {"found": "hello world"}),
        (b"2 2\nking 1 2\nqueen 1 2 x\n", "row", {"line": 3, "found": "queen 1 2 x"}),
        (b"2 2\nking 1 2\nqueen 0,5 0,25\n", "row", {"line": 3}),
        (b"king 1 2 3 4\nqueen 1 2 3 4\nof 1 2 3\n", "row", {"line": 3}),
        (b"3 2\nking 1 2\nqueen 3 4\n", "truncated", {"read": 2}),
        (b"1 2\nking 1 2\nqueen 3 4\n", "too_many", {}),
        (b"2 2\nking 1 2\nqueen 3", "truncated", {"read": 1}),
        (b"1 1\nking nan\n", "none", {}),
        (b"\x80\x04\x95gensim", "is_gensim", {}),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "is_fasttext", {}),
        (b"\x93NUMPY\x01\0", "is_numpy", {}),
        (b"PK\x03\x04zip", "is_archive", {}),
        (b"1000000000000 300\nking 1\n", "truncated", {}),
        (b"1 1000000000000\nking 1\n", "header", {}),
    ],
)  # fmt: skip
def test_the_reason_is_the_true_one(tmp_path: Path, data: bytes, key: str, about: dict[str, object]) -> None:
    error = refused(tmp_path, data)
    assert error.key == key
    assert about.items() <= error.about.items()


def test_too_small_a_dimension_in_a_binary_header(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 8))
    data = binary([b"w%d" % n for n in range(50)], rows, "<f4", b"")
    assert refused(tmp_path, data.replace(b"50 8", b"50 5")).key in ("binary", "truncated")


def test_a_word_twice_late_in_a_large_file_takes_no_time(tmp_path: Path) -> None:
    lines = [f"w{n} 1" for n in range(60_000)]
    found = loaded(tmp_path, "\n".join([f"{len(lines) + 1} 1", *lines, "w59999 2\n"]).encode())
    assert (len(found.words), found.found["twice"]) == (60_000, 1)


def test_memory_is_bounded_by_what_is_there(tmp_path: Path) -> None:
    tracemalloc.start()
    refused(tmp_path, gzip.compress(b"999999999 300\nking 1 2\n"))
    refused(tmp_path, gzip.compress(b"1 65536\nking 1 2\n"))
    assert tracemalloc.get_traced_memory()[1] < 60e6
    tracemalloc.stop()


def test_which_files_are_vectors(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 12))
    glove = b"".join(b"w " + b" ".join(b"%.3f" % x for x in row) + b"\n" for row in rows)
    path = tmp_path / "v"
    for data in (TEXT, gzip.compress(TEXT, mtime=0), glove, binary([b"a", b"b", b"c", b"d", b"e"], rows, "<f4", b"")):
        path.write_bytes(data)
        assert are_vectors(path)
    for data in (
        b"",
        b"a text\nin 1984 12 3\n",
        b"12 5\nthat was the score\n",
        b"1 2 3\n4 5 6\n",
        b"\x80\x04",
        b"PK\x03\x04",
    ):
        path.write_bytes(data)
        assert not are_vectors(path)
