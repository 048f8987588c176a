"""Reading text: blocks, bad bytes, Chinese, what is too large for memory; and vectors in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.words.corpus import reading as corpus
from engine.words.corpus.reading import CorpusError, read
from engine.words.kernel.chunk import END
from engine.words.kernel.fast import Vectors
from engine.words.run import files
from engine.words.run.files import VectorsError, Words
from engine.words.run.loading import load


def texts(found: corpus.Corpus) -> list[list[str]]:
    """The sentences of a corpus, as words."""
    sentences: list[list[str]] = [[]]
    for code in found.text[0 : len(found.text)]:
        if code == END:
            sentences.append([])
        else:
            sentences[-1].append(found.vocabulary.words[code])
    return [sentence for sentence in sentences if sentence]


def written(folder: Path, data: bytes | str) -> Path:
    path = folder / "text.txt"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_words_and_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "The cat's hat -- the well-known CAT's!\nhat hat\n")
    found = read([path], min_count=1)
    assert texts(found) == [["The", "cat's", "hat", "the", "well-known", "CAT's"], ["hat", "hat"]]
    assert found.vocabulary.words[0] == "hat"
    assert found.vocabulary.counts[0] == 3
    assert texts(read([path], min_count=2, lower=True)) == [["the", "cat's", "hat", "the", "cat's"], ["hat", "hat"]]
    assert texts(read([path], min_count=1, spaces=True))[0][2:4] == ["hat", "--"]
    assert len(read([path], 1, max_size=2).vocabulary.words) == 2


@pytest.mark.parametrize("block", [1, 3, 7, 64])
def test_no_word_is_cut_where_a_block_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    path = written(tmp_path, "eins zwei drei\nvier 五六 fünf\n" * 9)
    whole = texts(read([path], 1))
    monkeypatch.setattr(corpus, "BLOCK", block)
    if block >= 7:  # a block holds the longest word
        assert texts(read([path], 1)) == whole
    assert sum(map(len, whole)) == 9 * 7


def test_what_is_large_lies_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "one two three two\nthree two rare\n" * 50 + "odd")
    small = read([path, path], min_count=3)
    monkeypatch.setattr(corpus, "LARGE", 10)
    monkeypatch.setattr(corpus, "BLOCK", 64)
    large = read([path, path], min_count=3)
    assert isinstance(large.text, corpus.Stored)
    assert (small.text[0 : len(small.text)] == large.text[0 : len(large.text)]).all()
    assert (small.text[5:9] == large.text[5:9]).all()
    assert small[0] == large[0]
    assert small[2:] == large[2:]


def test_chinese(tmp_path: Path) -> None:
    path = written(tmp_path, "我是学生ABC，你好。\n")
    assert texts(read([path], 1)) == [["我", "是", "学", "生", "ABC", "你", "好"]]
    cut = texts(read([path], 1, segment=lambda run: ["我", "是", "学生"] if run.startswith("我") else [run]))
    assert cut == [["我", "是", "学生", "ABC", "你好"]]


def test_the_segmenter(tmp_path: Path) -> None:
    pytest.importorskip("rjieba")
    path = written(tmp_path, "我来到北京清华大学\n")
    assert "北京" in texts(read([path], 1, segment=corpus.segmenter()))[0]


def test_bad_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    found = read([written(tmp_path, b"caf\xe9 na\xefve good \xef\xbf\xbd good\n")], 1, spaces=True)
    assert found.bad == 2
    assert "caf\ufffd" in found.vocabulary.words


@pytest.mark.parametrize(
    ("data", "key"),
    [(b"", "empty"), (b" \n\n", "empty"), (b"a\0b", "binary"), (b"word", "few_words"), (b"a b c", "few_words")],
)
def test_what_cannot_be_learned_from(tmp_path: Path, data: bytes, key: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read([written(tmp_path, data)], min_count=2 if data == b"a b c" else 1)
    assert caught.value.key == key


HELD = Words(("the", "naïve", "猫"), np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32))


@pytest.mark.parametrize("binary", [False, True])
def test_vectors_come_back_to_the_bit(tmp_path: Path, binary: bool) -> None:
    path = tmp_path / "v"
    files.save(path, HELD, binary)
    found = load(path)
    assert found.words == HELD.words
    assert (found.vectors == HELD.vectors).all()


@pytest.mark.peer
@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_what_we_write_and_we_read_what_it_writes(tmp_path: Path, binary: bool) -> None:
    models = pytest.importorskip("gensim.models")
    path = tmp_path / "v"
    files.save(path, HELD, binary)
    found = models.KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert tuple(found.index_to_key) == HELD.words
    assert (found.vectors == HELD.vectors).all()
    found.save_word2vec_format(str(path), binary=binary)
    again = load(path)
    assert again.words == HELD.words
    assert again.vectors == pytest.approx(HELD.vectors, abs=1e-6)


def test_words_as_the_c_code_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "v"
    a, b = np.array([[1, 2], [3, 4]], dtype=np.float32)
    path.write_bytes(b"2 2\none " + a.tobytes() + b"\ntwo " + b.tobytes() + b"\n")
    assert load(path).words == ("one", "two")


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(
    ("broken", "key"),
    [
        (lambda data: data[:-30], "truncated"),
        (lambda data: data.replace(b"3 4", b"3 x"), "header"),
        (lambda data: data.replace(b"3 4", b"3 0"), "header"),
        (lambda data: data.replace(b"3 4", b"0 4"), "header"),
        (lambda data: b"hello\n" + data, "header"),
        (lambda data: data.replace(b"3 4", b"2 4"), "too_many"),
        (lambda data: data.replace(b"3 4", b"9999 4"), "truncated"),
        (lambda data: b"", "header"),
    ],
)
def test_broken_vectors(tmp_path: Path, broken: object, key: str, binary: bool) -> None:
    path = tmp_path / "v"
    files.save(path, HELD, binary)
    path.write_bytes(broken(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(VectorsError) as caught:
        load(path)
    assert caught.value.key == key


def test_checkpoints(tmp_path: Path) -> None:
    path, table = tmp_path / "c", np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    files.keep(path, files.Checkpoint(5, Vectors(table, None), {"dim": 2}))
    found = files.resume(path)
    assert (found.done, found.about, found.vectors.nodes) == (5, {"dim": 2}, None)
    assert (found.vectors.table == table).all()
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(VectorsError):
        files.resume(path)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v"
    files.save(path, HELD)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.save(path, HELD, binary=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
