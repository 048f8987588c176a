"""What a mode is: whether it wants keys, which it shows, and what the commands do that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lessons.player.player import Player
from tui.keys import Hint
from tui.picture.lesson_picture import LessonPicture
from tui.picture.look import Look
from tui.screens.base import Context
from tui.screens.examining import Examiner
from tui.screens.lesson_files import LessonFiles
from tui.screens.strokes import Strokes
from tui.screens.transport import Transport
from tui.screens.truth import TruthSeeker

LAST = (Hint("?", "help", "help"), Hint("q", "contents", "quit"))
"""The keys that stand at the end of every line."""


def axis_keys(picture: LessonPicture, look: Look) -> Sequence[Hint]:
    """The key for the other kind of axis, while the stage is a curve in full height."""
    return [Hint("x", "linear" if look.log else "log", "log")] if picture.is_curve else []


def tune_keys(picture: LessonPicture) -> Sequence[Hint]:
    """The keys that save and play the tune on the stage, while there is one."""
    return [Hint("w", "tune", "tune"), Hint("h", "hear", "hear")] if picture.tune else []


@dataclass(frozen=True)
class Change:
    """What a command did beside what the player and the look hold.

    `status` is said instead of the address: "" says nothing any more, None leaves what stands there. `keep`: the
    learner's place should be written down. `act`: another act may have been reached.
    """

    status: str | None = None
    keep: bool = False
    act: bool = False


class AsksLine(Protocol):
    """Asks for a line of typing. `then` gets it, and gives the reason if it will not do. `lines`: or for several."""

    def __call__(
        self, label: str, then: Callable[[str], str | Change], value: str = "", chosen: bool = True, lines: bool = False
    ) -> None: ...


@dataclass(frozen=True)
class Parts:
    """The parts of a lesson's screen that modes work on."""

    context: Context
    player: Player
    look: Look
    picture: LessonPicture
    transport: Transport
    truth: TruthSeeker
    files: LessonFiles
    ask: AsksLine
    strokes: Strokes
    examiner: Examiner


Command = Callable[[], Change | None]


class Mode:
    """Something that keys may be for. A command that it does not know goes on to the next mode that wants keys."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.player, self.look, self.picture = parts.player, parts.look, parts.picture
        self.commands = self.knows()

    def wants(self, look: Look, player: Player) -> bool:
        """Whether it is on."""
        raise NotImplementedError

    def keys(self) -> Sequence[Hint]:
        """The line of keys while this mode comes first: those that do something here."""
        raise NotImplementedError

    def knows(self) -> Mapping[str, Command]:
        """What each command does. It gives None where it has no use for it after all."""
        raise NotImplementedError

    def do(self, command: str) -> Change | None:
        """Carry a command out; None where this mode does not know it."""
        known = self.commands.get(command)
        return known() if known is not None else None

    def pasted(self, text: str) -> Change | None:
        """What pasting a text does; None where this mode has no use for it."""
        return None

    def say(self, key: str, **fields: object) -> str:
        """A phrase in the language in use."""
        return self.picture.words(key, **fields)
