"""Progress and settings under the platform's own folders, written atomically: whenever killed, nothing is torn."""

from __future__ import annotations

import copy
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.files import write_whole
from lessons.contract.phrases import Words, reason
from tui.machine import merging
from tui.machine.folders import data_folder, kept_text, language_kept, made, settings_folder
from tui.machine.run_files import RunFiles, sweep
from tui.machine.terminal import language

if TYPE_CHECKING:
    from engine.walks.packing import Packed
    from lessons.player.checkpoint import Taken

Merge = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
"""What is written, of (what was read or written last, what there is now, what the file holds now)."""
ROOM = 64 << 10
"""Bytes that there should be room for."""
PATIENCE = 2.0
"""Seconds that another app may take to write."""


@dataclass
class Settings:
    """What the learner chose. `keys` remaps key ids; `glyphs` is auto, unicode or ascii; `speed` is steps a second."""

    language: str = ""
    theme: str = "dark"
    speed: float = 4.0
    glyphs: str = "auto"
    reduced_motion: bool = False
    other_notation: bool = False
    keys: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raises TypeError where a key's setting is no text."""
        if not all(isinstance(keys, str) for keys in self.keys.values()):
            raise TypeError("keys should map ids to keys")


@dataclass
class Progress:
    """Where the learner is: by lesson, the last address, acts seen, predictions, their verdicts and tries, knobs."""

    lessons: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: str = ""

    def check(self) -> None:
        """Raises TypeError where a lesson's entry is not what it should be."""
        for lesson, kept in self.lessons.items():
            if not isinstance(kept, dict):
                raise TypeError(f"{lesson} is a {type(kept).__name__}")
            for name, kind in (("acts", list), ("record", dict), ("tries", list), ("place", dict)):
                if not isinstance(kept.get(name, kind()), kind):
                    raise TypeError(f"{lesson}: {name} is a {type(kept[name]).__name__}")


class Store:
    """Reads and writes both. What cannot be read is kept aside; what cannot be written is said once, in `trouble`.

    In the background, a save returns at once and a thread writes; of several waiting for one file the latest wins.
    `lang` is the language of `trouble`: else that of the settings, else that of the environment.
    """

    def __init__(
        self, folder: Path | None = None, background: bool = False, lang: str = "", fresh_record: bool = False
    ) -> None:
        """`fresh_record`: begin with no progress, and write none."""
        self._lang = lang
        self._waiting: dict[Path, Callable[[], None]] = {}
        self._wakes = threading.Condition()
        self._writing = False
        self._background = background
        self._base: dict[Path, Mapping[str, Any]] = {}
        self.config = folder or settings_folder()
        self.data = folder or data_folder()
        self.trouble: list[str] = []
        self.unsaved: dict[Path, OSError] = {}
        self.runs = RunFiles(self.data / "runs")
        self.settings = self._read(self.config / "settings.json", Settings)
        self.keeps_progress = not fresh_record
        self.progress = Progress() if fresh_record else self._read(self.data / "progress.json", Progress)

    @cached_property
    def words(self) -> Words:
        """The words of `trouble`: read only where there is some."""
        return Words(self._lang or language_kept() or language(), "tui")

    def _read(self, path: Path, kind: Any) -> Any:
        try:
            found = json.loads(kept_text(path))
            fresh = kind()
            self._base[path] = copy.deepcopy(found) if isinstance(found, dict) else {}
            for name, default in asdict(fresh).items():
                value = found.get(name, default)
                if not isinstance(value, type(default)) and not (isinstance(default, float) and isinstance(value, int)):
                    raise TypeError(f"{name} is a {type(value).__name__}")
                setattr(fresh, name, value)
            fresh.check()
            return fresh
        except FileNotFoundError:
            return kind()
        except OSError as error:  # it is there, and must not be written over
            if not os.path.lexists(path):  # the folder is none, or cannot be entered
                self._tell(path, error)
                return kind()
            why = reason(error)(self.words)
            self.trouble.append(self.words("store.damaged", file=path, error=why, kept=self._aside(path)))
            return kind()
        except (ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            self.trouble.append(self.words("store.damaged", file=path, error=error, kept=self._aside(path)))
            return kind()

    def _tell(self, path: Path, error: OSError) -> None:
        """Say what the system refused."""
        self.trouble.append(self.words("store.refused", file=path, error=reason(error)(self.words)))

    def _aside(self, path: Path) -> str:
        """Keep a file that cannot be read under another name, never overwriting an earlier one."""
        for n in range(1, 1000):
            kept = path.with_name(f"{path.name}.damaged-{n}")
            if not os.path.lexists(kept):
                try:
                    path.rename(kept)
                except OSError as error:
                    return reason(error)(self.words)
                return self.words("store.kept", name=kept.name)
        return self.words("store.left")

    def save_settings(self) -> bool:
        """Write the settings; False and a word in `trouble` where that fails."""
        return self._write(self.config / "settings.json", asdict(self.settings), merging.settings)

    def save_progress(self) -> bool:
        """Write the progress, where it is kept; False and a word in `trouble` where that fails."""
        if not self.keeps_progress:
            return True
        return self._write(self.data / "progress.json", asdict(self.progress), merging.progress)

    def _write(self, path: Path, content: dict[str, Any], merge: Merge) -> bool:
        content = copy.deepcopy(content)
        return self._do(path, lambda: self._merge(path, content, merge))

    def _merge(self, path: Path, content: dict[str, Any], merge: Merge) -> None:
        """Write what was changed here into the file as it is now: another app may have written it. Raises OSError."""
        made(path.parent)
        with locked(path.parent):
            write_whole(path, text_of(merge(self._base.get(path, {}), content, held_in(path))))
            sweep(path.parent, f".{path.name}.*")
        self._base[path] = content

    def save_run(self, lesson: str, taken: Taken) -> bool:
        """Write a lesson's training runs; False and a word in `trouble` where that fails."""
        path = self.runs.path(lesson)
        if path is None or not self.keeps_progress:
            return True
        return self._do(path, lambda: self.runs.save(lesson, taken))

    def load_run(self, lesson: str) -> Packed | None:
        """A lesson's training runs, if they were kept. A file that cannot be read is kept aside, with a word."""
        from engine.walks.packing import PackingError

        try:
            return self.runs.load(lesson)
        except OSError as error:
            self._tell(self.runs.folder, error)
        except PackingError as error:
            self.put_run_aside(lesson, str(error))
        return None

    def put_run_aside(self, lesson: str, why: str) -> None:
        """Keep a lesson's training runs under another name: they cannot be used."""
        path = self.runs.path(lesson)
        if path is not None:
            self.trouble.append(self.words("store.run", file=path, error=why, kept=self._aside(path)))

    def _do(self, path: Path, write: Callable[[], None]) -> bool:
        """Write a file, in the background where that is wanted. False and a word in `trouble` where it fails."""
        if not self._background:
            return self._put(path, write)
        with self._wakes:
            self._waiting[path] = write
            if not self._writing:
                self._writing = True
                threading.Thread(target=self._drain, name="store", daemon=True).start()
        return True

    def _drain(self) -> None:
        while True:
            with self._wakes:
                if not self._waiting:
                    self._writing = False
                    self._wakes.notify_all()
                    return
                path = next(iter(self._waiting))  # in the order in which they were asked for
                write = self._waiting.pop(path)
            self._put(path, write)

    def flush(self) -> None:
        """Wait until everything is written."""
        with self._wakes:
            self._wakes.wait_for(lambda: not self._writing, timeout=5)

    def probe(self) -> bool:
        """Whether the folder of the progress can be written; if not, a word in `trouble`."""
        try:
            made(self.data)
            with tempfile.TemporaryFile(dir=self.data) as file:
                file.write(bytes(ROOM))  # a full disk takes an empty file
            return True
        except OSError as error:
            self._tell(self.data, error)
            return False

    def _put(self, path: Path, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            self._tell(path, error)
            self.unsaved[path] = error
            return False
        self.unsaved.pop(path, None)
        return True

    def rescue(self) -> tuple[str, Path] | None:
        """Where the progress or the settings could not be written: (why, the folder that holds them now).

        The folder is a new one among the temporary files, "." where that cannot be had. None where all was written.
        """
        files = {self.data / "progress.json": self.progress, self.config / "settings.json": self.settings}
        lost = {path: error for path, error in self.unsaved.items() if path in files}
        if not lost:
            return None
        path, error = next(iter(lost.items()))
        why = self.words("store.refused", file=path, error=reason(error)(self.words))
        try:
            folder = Path(tempfile.mkdtemp(prefix="unroll-"))
            for each, held in files.items():
                write_whole(folder / each.name, text_of(asdict(held)))
        except OSError:
            return why, Path()
        return why, folder


def write_atomically(path: Path, text: str) -> None:
    """Write a text by `engine.files.write_whole`, its folder made where it is missing. Raises OSError."""
    made(path.parent)
    write_whole(path, text)


def text_of(content: Any) -> str:
    """JSON; halves of pairs of characters, which no UTF-8 has, as JSON writes them."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(content, indent=1)
    return text


def held_in(path: Path) -> dict[str, Any]:
    """What a file holds now; nothing where it is missing or is no object: a damaged one was kept aside on reading."""
    try:
        found = json.loads(kept_text(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Inside, no other app writes in this folder; where it cannot be had in time, inside all the same."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=PATIENCE)
    except (Timeout, OSError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        lock.release()
