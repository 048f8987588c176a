"""The language that the command line speaks, once for all of its commands."""

from __future__ import annotations

from lessons.words import Words
from tui.terminal import language

spoken = {"lang": ""}
"""What --lang said, before anything can go wrong."""


def words_of() -> Words:
    """The words of errors and of what is said beside results."""
    return Words(language(spoken["lang"]), "tui")
