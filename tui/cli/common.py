"""What all commands share: the language they speak, how they fail, and the options that stand before them."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

from lessons.contract.phrases import Words
from tui.machine.terminal import language

spoken = {"lang": ""}
"""What --lang said, before anything can go wrong."""


def words_of() -> Words:
    """The words of errors and of what is said beside results."""
    return Words(language(spoken["lang"]), "tui")


def fail(said: str) -> NoReturn:
    """One line on standard error, and exit code 2."""
    print(f"unroll: {said}", file=sys.stderr)
    sys.exit(2)


def above(name: str, default: str) -> str:
    """An option that stood before the command: `unroll --device gpu show …`."""
    parent = click.get_current_context().parent
    return str((parent.obj or {}).get(name) or default) if parent is not None else default


def open_on(name: str) -> Any:
    """The device of this name; where there is none, the command fails with the reason."""
    from engine.device import DeviceError, open_device

    try:
        return open_device(name)
    except DeviceError as error:
        fail(" ".join(str(error).split()))
