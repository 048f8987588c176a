"""Playing a tune by the first player that the machine has; those that take no MIDI get a sound that is made here."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

POWERSHELL = ("powershell", "-NoProfile", "-Command", "(New-Object Media.SoundPlayer '{file}').PlaySync()")
PLAYERS = (
    ("mid", ("timidity", "-idq", "{file}")),
    ("mid", ("fluidsynth", "-iq", "{file}")),
    ("mid", ("wildmidi", "{file}")),
    ("wav", ("afplay", "{file}")),
    ("wav", ("paplay", "{file}")),
    ("wav", ("pw-play", "{file}")),
    ("wav", ("aplay", "-q", "{file}")),
    ("wav", ("play", "-q", "{file}")),
    ("wav", ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet", "{file}")),
)
"""What players take, and how they are called, the best first."""


class SoundPlayer(NamedTuple):
    """A player: what it takes, "mid" or "wav", and its command, with {file} in the place of the file."""

    kind: str
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its program."""
        return Path(self.command[0]).stem


def find_player(which: Callable[[str], str | None] = shutil.which) -> SoundPlayer | None:
    """The first player that is on the path; None where there is none."""
    players = (*PLAYERS, ("wav", POWERSHELL)) if sys.platform == "win32" else PLAYERS
    for kind, (program, *rest) in players:
        found = which(program)
        if found:
            return SoundPlayer(kind, (found, *rest))
    return None


class Sound:
    """One tune at a time, played beside the app; it ends with it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._file: Path | None = None

    @property
    def plays(self) -> bool:
        """Whether a tune is being played."""
        return self._process is not None and self._process.poll() is None

    def start(self, player: SoundPlayer, data: bytes) -> None:
        """Play the bytes of a file of the kind that the player takes. Raises OSError."""
        self.stop()
        with tempfile.NamedTemporaryFile(prefix="unroll-", suffix=f".{player.kind}", delete=False) as file:
            file.write(data)
        self._file = Path(file.name)
        atexit.register(self.stop)
        command = [part.replace("{file}", file.name) for part in player.command]
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)

    def stop(self) -> None:
        """Stop what is played, and remove its file."""
        if self._process is not None:
            if self.plays:
                self._process.terminate()
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._file is not None:
            self._file.unlink(missing_ok=True)
        self._process = self._file = None
        atexit.unregister(self.stop)


SOUND = Sound()
"""What is being played, whichever lesson began it."""
