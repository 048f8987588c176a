"""The names of the lecture's two notations. Light: the command line needs them before any card."""

from collections.abc import Mapping

NOTATIONS: Mapping[str, str] = {"first": "first", "second": "second", "other": "second"}
"""What may be said of the notation of a place, and what it means."""
