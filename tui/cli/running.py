"""What every run of training from the command line does: checks, signals, checkpoints, and what it says."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
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


class TrainingRun:
    """One run of training: its files, its checkpoint, what it says. Ctrl-C and SIGTERM end it between two updates."""

    def __init__(self, files: tuple[Path, ...], device: Any, as_json: bool, options: dict[str, Any]) -> None:
        self.files, self.device, self.as_json, self.options = files, device, as_json, options
        self.out: Path = options["out"]
        if self.out.is_dir():
            raise Refused("file_folder", file=self.out)
        self.checkpoint = self.out.with_name(self.out.name + ".checkpoint")
        self.stopped = 0
        self.words = words_of()

    def look(self) -> None:
        """Refuse, before any work, what cannot be read or written."""
        for path in self.files:
            with reading(path):
                if path.is_dir():
                    raise IsADirectoryError
                with path.open("rb"):
                    pass
        if not self.out.parent.is_dir():
            raise Refused("folder", file=self.out, folder=self.out.parent)
        from engine.files import write

        with writing(self.out):
            write(self.checkpoint.with_name(self.checkpoint.name + ".try"), lambda file: None)
            self.checkpoint.with_name(self.checkpoint.name + ".try").unlink()

    def finish(self, result: Mapping[str, Any]) -> int:
        """All is written: the checkpoint goes, and what was done is said. The exit code."""
        self.checkpoint.unlink(missing_ok=True)
        self.say(self.words("train.written", out=self.out))
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
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
            print(line, file=sys.stderr)
