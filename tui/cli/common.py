"""What all commands share: the language they speak, how they fail, and the options that stand before them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock, Timer
from typing import Any, NoReturn

import click

from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from tui.canvas.visible import visible
from tui.machine.folders import language_kept
from tui.machine.terminal import language

SOON = 0.15
"""Seconds after which it is said that something is worked out."""
spoken = {"lang": ""}
"""What --lang said, before anything can go wrong."""


def speak(lang: str) -> None:
    """From here on speak the language that --lang names; "" leaves it to the settings and the environment."""
    spoken["lang"] = lang
    language_spoken.cache_clear()


@cache
def language_spoken() -> str:
    """The language of this run: --lang, else what the learner chose in the app, else that of the environment."""
    return language(spoken["lang"] or language_kept())


def words_of(lang: str = "") -> Words:
    """The words of the command line, in the language of this run where none is named."""
    return Words(lang or language_spoken(), "tui.cli", "tui")


@contextmanager
def at_work() -> Iterator[None]:
    """Say on standard error that something is worked out, where that is a terminal and it takes longer than `SOON`.

    Nothing may be written meanwhile; what was said is gone afterwards.
    """
    if not sys.stderr.isatty():
        yield
        return
    said, lock, over = words_of()("train.working"), Lock(), False

    def say() -> None:
        with lock:
            if not over:
                print(said, end="", file=sys.stderr, flush=True)

    timer = Timer(SOON, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            over = True
        from rich.cells import cell_len  # which a light command need not wait for

        print("\r" + " " * cell_len(said) + "\r", end="", file=sys.stderr, flush=True)


def fail(said: str) -> NoReturn:
    """One line on standard error, and exit code 2."""
    print(f"unroll: {visible(said)}", file=sys.stderr)
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
        fail(words_of()(f"error.device_{error.key}", device=name))


def given_knobs(pairs: tuple[str, ...]) -> dict[str, str]:
    """Knobs from KNOB=VALUE, their values as they were typed. Raises Refused where one is no such pair."""
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise Refused("set", value=repr(pair))
        given[name.strip()] = value
    return given


def given_seed(seed: str | None) -> int | None:
    """A seed as it was typed, a whole number from 0 up. Raises Refused where it is none."""
    if seed is not None and not (seed.isdecimal() and len(seed) <= 18):
        raise Refused("seed", value=repr(seed))
    return None if seed is None else int(seed)
