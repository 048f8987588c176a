"""The kinds of input that are tried at random, by name."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.fuzz.bookmarks import try_bookmark
from tests.fuzz.cells import try_cells
from tests.fuzz.sessions import try_session
from tests.fuzz.states import try_state
from tests.fuzz.typed import try_typed

Attempt = Callable[[random.Random, str], str]
"""Tries one input, drawn at random, on a lesson; what was done. Raises whatever is no refusal."""


def kinds(folder: Path) -> dict[str, Attempt]:
    """All kinds; files are written to a folder."""
    return {
        "state": partial(try_state, folder=folder), "bookmark": try_bookmark, "typed": try_typed,
        "session": try_session, "cells": try_cells,
    }  # fmt: skip
