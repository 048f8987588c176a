"""What a lesson reads and writes beside the learner's place: states in files, and the clipboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from textual.app import App

from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words, reason
from lessons.player.player import Player
from lessons.player.state import export, restore
from tui.machine.clipboard import copy
from tui.machine.store import write_atomically


class LessonFiles:
    """Saves, opens and copies."""

    def __init__(self, app: Callable[[], App[Any]], player: Player) -> None:
        self._app, self.player = app, player

    @property
    def name(self) -> str:
        """What a file of this lesson's state is called if nobody says otherwise."""
        return f"{self.player.lesson.card.id}.json"

    def save(self, path: Path) -> None:
        """Write the state in focus, as `show --json` would. Raises Refused."""
        player = self.player
        if not path.parent.is_dir():
            raise Refused("folder", file=str(path), folder=path.parent)
        knobs = player.branch.knobs if player.spot.training else player.knobs
        state = export(player.lesson, player.seed, knobs, player.start_here())
        try:
            write_atomically(path, json.dumps(state, ensure_ascii=False))
        except OSError as error:
            raise Refused("file_write", file=str(path), error=reason(error)) from None

    def save_picture(self, folder: Path) -> Path:
        """Write the screen as an SVG under the first free name, such as bptt-1.svg; which one. Raises Refused."""
        app, id = self._app(), self.player.lesson.card.id
        picture = app.export_screenshot(title=f"unroll {id}")
        path = next(path for n in count(1) if not (path := folder / f"{id}-{n}.svg").exists())
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(picture)
        except OSError as error:
            raise Refused("file_write", file=str(path), error=error.strerror or error) from None
        return path

    def open(self, path: Path) -> None:
        """Take over the state in a file. Raises Refused."""
        knobs, start, seed = restore(self.player.lesson, str(path), {})
        self.player.take_over(knobs, start, seed)

    def copy(self, text: str, words: Words, what: str) -> str:
        """Copy to the clipboard; what is said of it."""
        return words("say.copied" if copy(self._app(), text) else "say.copied_osc", what=what)
