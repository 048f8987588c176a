"""The texts that lessons learn from: a small world in two languages, what every Python carries, the learner's files."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
import sysconfig
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

from engine.files import write_whole
from engine.words.corpus import reading as corpus
from engine.words.corpus.reading import Corpus, CorpusError
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
from lessons.data import corpora
from lessons.data.corpora import PYTHON, TEXTS, WORLDS
from lessons.data.world import World, world

WRAP = re.compile(r"(?<!\n)\n(?!\n)")
"""The end of a line within a paragraph."""
KEPT = 4
"""Files that are kept as they were read."""
SENTENCES = 5000
"""Sentences of a small world that are read letter by letter."""
_read: dict[tuple[str, int, int], Corpus] = {}
_written: dict[str, str] = {}
MOST = 64 << 20
"""Bytes that a file of the learner's may have here; the command line takes any size."""


def small_world(name: str) -> World | None:
    """The small world of this name, if it is one."""
    return world(WORLDS[name]) if name in WORLDS else None


@cache
def python_text() -> str:
    """Real English that every Python carries, a paragraph a line: its language manual, and its library's docstrings."""
    library = Path(sysconfig.get_path("stdlib"))
    folder = corpora.gathered_in
    return _gathered(library) if folder is None else kept_text(folder / "python.txt", library)


def kept_text(path: Path, library: Path) -> str:
    """The text as it was kept for this very library, or gathered, which takes most of a second, and kept."""
    of = f"{sys.version} {[(each.name, (s := each.stat()).st_size, s.st_mtime_ns) for each in _modules(library)]}"
    try:
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        if head == _sum(of + text):
            return text
    except (OSError, ValueError):
        pass  # there is none, or it is damaged: it is made anew
    text = _gathered(library)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{_sum(of + text)}\n{text}")
    except (OSError, UnicodeError):
        pass  # then it takes as long the next time
    return text


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _gathered(library: Path) -> str:
    from pydoc_data.topics import topics

    return WRAP.sub(" ", "\n\n".join([*topics.values(), *docstrings(library)]))


def _modules(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def docstrings(folder: Path) -> Iterator[str]:
    """All docstrings of the modules of a folder, in order of their names; nothing is imported."""
    for path in _modules(folder):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue
        for node in outline(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                said = ast.get_docstring(node)
                if said:
                    yield said


def outline(tree: ast.AST) -> Iterator[ast.AST]:
    """A module and all that stands in it, the outer things first, but for expressions, which hold no docstrings."""
    todo = deque([tree])
    while todo:
        node = todo.popleft()
        yield node
        for inner in ("body", "handlers", "orelse", "finalbody", "cases"):
            below = getattr(node, inner, None)
            if isinstance(below, list):  # a lambda's body is none
                todo += below


def read(name: str, sentences: int, min_count: int, most: int, look: bool = False) -> Corpus:
    """A text by its name, or a file: its words that occur `min_count` times, at most `most`. Raises Refused.

    A file that was read is not read again, though it may have changed or gone, unless it is to be looked at.
    """
    asked = (name, min_count, most)
    if asked in _read and not look:
        return _read[asked]
    found = _look(name, sentences, min_count, most)
    if name not in TEXTS:
        _read.pop(asked, None)
        _read[asked] = found
        while len(_read) > KEPT:
            _read.pop(next(iter(_read)))
    return found


def _look(name: str, sentences: int, min_count: int, most: int) -> Corpus:
    with said(name):
        if name in TEXTS:
            return _known(name, sentences if name in WORLDS else 0, min_count, most)
        return _file(name, looked_at(name).st_mtime_ns, min_count, most)


def looked_at(name: str) -> os.stat_result:
    """What the system says of a file of the learner's that is not too large. Raises Refused, and OSError."""
    path = Path(name)
    found = path.stat()
    if path.is_dir():
        raise IsADirectoryError
    if found.st_size > MOST:
        raise CorpusError("large", path=name, most=MOST >> 20)
    return found


@contextmanager
def said(name: str) -> Iterator[None]:
    """What reading a file of the learner's may raise, as one line."""
    try:
        yield
    except FileNotFoundError:
        raise Refused("file_missing", file=name) from None
    except IsADirectoryError:
        raise Refused("file_folder", file=name) from None
    except OSError as error:
        raise Refused("file_read", file=name, error=reason(error)) from None
    except CorpusError as error:
        raise Refused(f"corpus_{error.key}", **error.about) from None
    except Refused:
        raise
    except ValueError as error:  # a name that can be no file's
        raise Refused("file_read", file=repr(name), error=str(error)) from None


def letters(name: str, look: bool = False) -> str:
    """A text by its name, or a file, letter by letter. Raises Refused.

    A file that was read is not read again, though it may have changed or gone, unless it is to be looked at.
    """
    if name in TEXTS:
        return _letters(name)
    if name not in _written or look:
        with said(name):
            looked_at(name)
            _written.pop(name, None)
            _written[name] = "".join(text for text, _ in corpus.blocks(Path(name), MOST))
        while len(_written) > KEPT:
            _written.pop(next(iter(_written)))
    return _written[name]


@lru_cache(maxsize=2)
def _letters(name: str) -> str:
    small = small_world(name)
    if small is None:
        return python_text()
    between = " " if WORLDS[name] == "en" else ""
    return "\n".join(between.join(line) for line in small.sentences(SENTENCES))


@lru_cache(maxsize=4)
def _known(name: str, sentences: int, min_count: int, most: int) -> Corpus:
    small = small_world(name)
    if small is not None:
        words = [word for line in small.sentences(sentences) for word in (*line, "\n")]
        return corpus.collect([(words, 0)], name, min_count, most)
    assert name == PYTHON
    text = python_text()
    return corpus.collect(corpus.tokens([(text, 0)], False, True, None), name, min_count, most)


@lru_cache(maxsize=4)
def _file(name: str, changed: int, min_count: int, most: int) -> Corpus:
    """`changed` is when the file was: a file that has changed is read again."""
    return corpus.read([Path(name)], min_count, most, lower=True, segment=corpus.segmenter(), most=MOST)
