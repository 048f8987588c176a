"""What every run of training from the command line does: checks, signals, checkpoints, and what it says."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from engine.files import STANDARD
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
from tui.canvas.visible import visible
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


def look_at(path: Path, out: Path) -> None:
    """Refuse an input that is none: a folder, a file that may not be read, the output itself, vectors or a net."""
    from engine.gated.run.files import is_net
    from engine.words.run.loading import are_vectors

    with reading(path):
        if path.is_dir():
            raise IsADirectoryError
        path.stat()
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if out.exists() and path.samefile(out):
            raise Refused("out_input", file=out)
        if path.is_file() and (are_vectors(path) or is_net(path)):
            raise Refused("text_none", file=path)


class TrainingRun:
    """One run of training: its files, its checkpoint, what it says. Ctrl-C and SIGTERM end it between two updates."""

    def __init__(self, files: tuple[Path, ...], device: Any, as_json: bool, options: dict[str, Any]) -> None:
        self.files, self.device, self.as_json, self.options = files, device, as_json, options
        self.out: Path = options["out"]
        self.stopped = 0
        self.words = words_of()
        self._troubled = False

    @property
    def replaces(self) -> bool:
        """Whether the output is a file that is replaced whole; what is a pipe or a device is written through."""
        return self.out != STANDARD and (self.out.is_file() or not self.out.exists())

    @property
    def checkpoint(self) -> Path:
        """Where a run that is not finished is kept; beside the output."""
        return self.out.with_name(self.out.name + ".checkpoint")

    def ours(self, path: Path) -> bool:
        """Whether a file is one that this command writes, and may replace."""
        raise NotImplementedError

    def look(self) -> None:
        """Refuse, before any work, what cannot be read or written; and what would be lost by it."""
        if self.out.is_dir():
            raise Refused("file_folder", file=self.out)
        for path in self.files:
            if path != STANDARD:
                look_at(path, self.out)
        if self.out == STANDARD and self.as_json:
            raise Refused("out_json")
        if not self.replaces:
            return
        if not self.out.parent.is_dir():
            raise Refused("folder", file=self.out, folder=self.out.parent)
        if self.out.exists() and self.out.stat().st_size and not self.options["force"] and not self.ours(self.out):
            raise Refused("out_other", file=self.out)
        from engine.files import write

        with writing(self.out):
            write(self.checkpoint.with_name(self.checkpoint.name + ".try"), lambda file: None)
            self.checkpoint.with_name(self.checkpoint.name + ".try").unlink()

    def room(self, size: int) -> None:
        """Refuse, before training, where the disk has not so many bytes left."""
        if self.replaces:
            left = shutil.disk_usage(self.out.parent).free
            if left < size:
                raise Refused("disk_full", file=self.out, left=f"{left / 1e6:,.1f}", need=f"{size / 1e6:,.1f}")

    def hold(self, keep: Callable[[], None]) -> None:
        """Keep a checkpoint, where there can be one. If the disk refuses it, training goes on; that is said once."""
        if not self.replaces:
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
            click.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))
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
            if self.replaces:
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
