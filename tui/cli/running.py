"""What every run of training from the command line does: checks, signals, checkpoints, and what it says."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from engine.files import STANDARD
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
from tui.canvas.visible import visible
from tui.cli.as_json import print_json
from tui.cli.common import words_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

OFTEN = 0.5
"""Seconds between two looks at how training goes."""


@contextmanager
def growing(picture: RenderableType, transient: bool = False, quiet: bool = False) -> Iterator[Live]:
    """A picture that changes in place on stderr; where that is no terminal it is left there once, on its own lines.

    With `quiet` nothing is written.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, quiet=quiet)
    try:
        with Live(picture, console=console, auto_refresh=False, transient=transient) as live:
            yield live
    finally:
        if not console.is_terminal and not transient:
            console.line()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What reading and writing may raise, as one line."""
    from engine.words.corpus.reading import CorpusError
    from engine.words.run.files import VectorsError

    try:
        yield
    except CorpusError as error:
        raise Refused(f"corpus_{error.key}", **error.about) from None
    except VectorsError as error:
        raise Refused(f"vectors_{error.key}", **error.about) from None
    except FileNotFoundError:
        raise Refused("file_missing", file=path) from None
    except IsADirectoryError:
        raise Refused("file_folder", file=path) from None
    except OSError as error:
        raise Refused("file_read", file=path, error=reason(error)) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What writing may raise, as one line."""
    try:
        yield
    except OSError as error:
        raise Refused("file_write", file=path, error=reason(error)) from None


def look_at(path: Path) -> None:
    """Refuse an input that is none: a folder, a file that may not be read, vectors or a net."""
    from engine.gated.run.files import is_net
    from engine.words.run.loading import are_vectors

    with reading(path):
        if path.is_dir():
            raise IsADirectoryError
        path.stat()
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if path.is_file() and (are_vectors(path) or is_net(path)):
            raise Refused("text_none", file=path)


class Output:
    """A file that a command writes; `force`: over a file of another kind too."""

    def __init__(self, path: Path, force: bool) -> None:
        self.path, self.force = path, force

    @property
    def replaces(self) -> bool:
        """Whether it is a file that is replaced whole; what is a pipe or a device is written through."""
        return self.path != STANDARD and (self.path.is_file() or not self.path.exists())

    def look(self, inputs: Iterable[Path], ours: Callable[[Path], bool] = lambda path: False) -> None:
        """Refuse to write over an input, or a file that is not `ours`, and where no file can be."""
        path = self.path
        if path.is_dir():
            raise Refused("file_folder", file=path)
        if path.exists() and any(each.exists() and path.samefile(each) for each in inputs if each != STANDARD):
            raise Refused("out_input", file=path)
        if not self.replaces:
            return
        if not path.parent.is_dir():
            raise Refused("folder", file=path, folder=path.parent)
        if path.exists() and path.stat().st_size and not self.force and not ours(path):
            raise Refused("out_other", file=path)

    def room(self, size: int) -> None:
        """Refuse, before any work, where the disk has not so many bytes left."""
        if self.replaces:
            left = shutil.disk_usage(self.path.parent).free
            if left < size:
                raise Refused("disk_full", file=self.path, left=f"{left / 1e6:,.1f}", need=f"{size / 1e6:,.1f}")


class TrainingRun:
    """One run of training: its files, its checkpoint, what it says. Ctrl-C and SIGTERM end it between two updates."""

    def __init__(self, files: tuple[Path, ...], device: Any, as_json: bool, options: dict[str, Any]) -> None:
        self.files, self.device, self.as_json, self.options = files, device, as_json, options
        self.out: Path = options["out"]
        self.output = Output(self.out, options["force"])
        self.stopped = 0
        self.words = words_of()
        self._troubled = False

    @property
    def checkpoint(self) -> Path:
        """Where a run that is not finished is kept; beside the output."""
        return self.out.with_name(self.out.name + ".checkpoint")

    def ours(self, path: Path) -> bool:
        """Whether a file is one that this command writes, and may replace."""
        raise NotImplementedError

    def look(self) -> None:
        """Refuse, before any work, what cannot be read or written; and what would be lost by it."""
        self.output.look(self.files, self.ours)
        for path in self.files:
            if path != STANDARD:
                look_at(path)
        if self.out == STANDARD and self.as_json:
            raise Refused("out_json")
        if self.output.replaces:
            from engine.files import write

            tried = self.checkpoint.with_name(self.checkpoint.name + ".try")
            with writing(self.out):
                write(tried, lambda file: None)
                tried.unlink()

    def hold(self, keep: Callable[[], None]) -> None:
        """Keep a checkpoint, where there can be one. If the disk refuses it, training goes on; that is said once."""
        if not self.output.replaces:
            return
        try:
            keep()
        except Refused as refused:
            if not self._troubled:
                print(f"unroll: {visible(refused.say(self.words))}", file=sys.stderr)
            self._troubled = True

    def finish(self, result: Mapping[str, Any]) -> int:
        """All is written: the checkpoint goes, and what was done is said. The exit code."""
        self.checkpoint.unlink(missing_ok=True)
        if self.out != STANDARD:
            self.say(self.words("train.written", out=self.out))
        if self.as_json:
            print_json(result)
        return 0

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Inside, Ctrl-C and SIGTERM only say that it is to stop."""
        handlers = {s: signal.signal(s, self.stop) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    @contextmanager
    def ending(self, keep: Callable[[], None]) -> Iterator[None]:
        """Inside, what was learned is written. Where the disk refuses, a checkpoint is kept, if it takes that.

        Stands within `caught`: a signal that comes as late as this must not cost the whole run.
        """
        try:
            with writing(self.out):
                yield
        except Refused:
            if self.output.replaces:
                with suppress(Refused):
                    keep()
                    print(self.words("train.kept", path=self.checkpoint), file=sys.stderr)  # belongs to the error
            raise

    def stop(self, number: int, frame: FrameType | None) -> None:
        """A signal came: end after this chunk."""
        self.stopped = number

    def say(self, line: str) -> None:
        """One line where people read; none with --quiet."""
        if not self.options["quiet"]:
            print(visible(line), file=sys.stderr)
