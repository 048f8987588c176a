"""What a lesson reads and writes beside the learner's place: states in files, and the clipboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

from textual.app import App

from engine.sequences import abc, midi, tone
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words, reason
from lessons.player.player import Player
from lessons.player.state import export, restore
from tui.machine.clipboard import copy
from tui.machine.sound import SOUND, find_player
from tui.machine.store import write_atomically

TEMPO = 165.0
"""Quarter notes a minute of a tune that is played or saved: 110 beats in 6/8."""


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

    def save_tune(self, folder: Path, tune: str) -> tuple[Path, Path]:
        """Write a tune in ABC as .abc and .mid under the first name that is free for both; which. Raises Refused."""
        id, sounds = self.player.lesson.card.id, abc.tunes(tune)[0]
        names = (tuple(folder / f"{id}-{n}{ending}" for ending in (".abc", ".mid")) for n in count(1))
        paths = next(both for both in names if not any(path.exists() for path in both))
        made = (tune.encode(), midi.file(abc.played(sounds.bars), sounds.bars[0].metre or Fraction(1), TEMPO))
        path = paths[0]
        try:
            for path, data in zip(paths, made, strict=True):
                with path.open("xb") as file:
                    file.write(data)
        except OSError as error:
            raise Refused("file_write", file=str(path), error=error.strerror or error) from None
        return paths[0], paths[1]

    def hear(self, tune: str) -> str:
        """Play a tune in ABC, by which player; "" where one was played, which is stopped. Raises Refused."""
        if SOUND.plays:
            SOUND.stop()
            return ""
        player = find_player()
        if player is None:
            raise Refused("no_player")
        sounds, bar = abc.played(abc.tunes(tune)[0].bars), abc.tunes(tune)[0].bars[0].metre or Fraction(1)
        try:
            SOUND.start(player, midi.file(sounds, bar, TEMPO) if player.kind == "mid" else tone.wav(sounds, TEMPO))
        except OSError as error:
            raise Refused("player", player=player.name, error=reason(error)) from None
        return player.name

    def open(self, path: Path) -> None:
        """Take over the state in a file. Raises Refused."""
        knobs, start, seed = restore(self.player.lesson, str(path), {})
        self.player.take_over(knobs, start, seed)

    def copy(self, text: str, words: Words, what: str) -> str:
        """Copy to the clipboard; what is said of it."""
        return words("say.copied" if copy(self._app(), text) else "say.copied_osc", what=what)
