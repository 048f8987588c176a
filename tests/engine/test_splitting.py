"""What a word is: scripts with marks, composed and decomposed forms, joiners, Chinese; a law over all characters."""

from __future__ import annotations

import bz2
import gzip
import os
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.words.corpus import splitting
from engine.words.corpus.reading import CorpusError, blocks, read
from engine.words.corpus.splitting import CARE, words

SCRIPTS = {
    "hi": "हिन्दी भाषा भारत की",
    "ta": "தமிழ் மொழி",
    "th": "ภาษาไทย เป็น ภาษา ที่",
    "he": "שָׁלוֹם עוֹלָם",
    "ar": "اللُّغَة العربية",
    "fa": "می\u200cخواهم کتاب\u200cها",
    "bn": "বাংলা ভাষা",
    "ml": "മലയാളം ഭാഷ",
    "my": "မြန်မာ ဘာသာ",
    "km": "ភាសា ខ្មែរ",
    "si": "සිංහල ක්\u200dෂ",
    "vi": "tiếng Việt rất hay",
    "fr": "naïve café résumé Zürich",
    "ko": "한국어 공부",
    "ja": "がぎぐ パピプ",
    "tr": "i\u0307stanbul",
    "yo": "ẹ̀kọ́ Yorùbá",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_word_of_any_script_is_one_word(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert words(unicodedata.normalize(form, text)) == unicodedata.normalize("NFC", text).split()


def test_punctuation_ends_a_word_and_apostrophes_and_hyphens_join() -> None:
    assert words("Don't -- the well-known, aujourd’hui!\n") == ["Don't", "the", "well-known", "aujourd’hui", "\n"]
    assert words("é, हिन्दी। भाषा-विज्ञान") == ["é", "हिन्दी", "भाषा-विज्ञान"]
    assert words("學é生𠀀", segment=None) == ["學", "é", "生", "𠀀"]
    assert words("क\u200d \u200d \u0301", segment=None) == ["क"]


def test_no_character_that_needs_care_is_missed() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if 0xD800 <= code < 0xE000 or CARE.match(char):
            continue
        assert unicodedata.category(char)[0] != "M", hex(code)
        assert unicodedata.normalize("NFC", char) == char, hex(code)
        assert char not in "\u200c\u200d"


LETTERS = st.text(st.characters(codec="utf-8"), max_size=30)


@settings(max_examples=300, deadline=None)
@given(LETTERS)
def test_any_text(text: str) -> None:
    """Both expressions see the same words; how é was typed makes no difference; no mark is cut from its letter."""
    found = words(text)
    assert found == words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))
    for word in found:
        assert unicodedata.category(word[0])[0] != "M"
        assert words(word) == [word]
    plain = CARE.sub("", text)
    careful = splitting._careful(f"[{splitting.HAN}]").findall(plain)
    assert careful == splitting._fast(f"[{splitting.HAN}]").findall(plain)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_ends_of_lines_and_packed_files(tmp_path: Path, end: str, pack: type[bytes]) -> None:
    path = tmp_path / "text"
    path.write_bytes(pack(end.join(["one two", "two three", "three"]).encode()))
    assert read([path], 1).sentences == 3
    assert "".join(text for text, _ in blocks(path)) == "one two\ntwo three\nthree"


def test_what_is_packed_and_damaged_says_so(tmp_path: Path) -> None:
    for pack in (gzip.compress, bz2.compress):
        path, whole = tmp_path / "text", pack(os.urandom(4000).hex().encode())
        for data in (whole[:-9], whole[:40], whole[:20] + b"xxxx" + whole[24:]):
            path.write_bytes(data)
            with pytest.raises(OSError, match=r".+"):
                read([path], 1)


@pytest.mark.parametrize("data", ["x y".encode("utf-16"), "x y".encode("utf-16-le"), b"a\0b", "x".encode("utf-32")])
def test_what_is_no_utf_8_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "text"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match="binary"):
        read([path], 1)


def test_a_byte_order_mark_is_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("one two one".encode("utf-8-sig"))
    assert read([path], 1).vocabulary.words == ("one", "two")


@pytest.mark.skipif(os.name == "nt", reason="pipes in folders are POSIX's")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("one two\n" * 3,))
    writer.start()
    found = read([path], 1)
    writer.join()
    assert (found.vocabulary.counts, found.sentences) == ((3, 3), 3)
