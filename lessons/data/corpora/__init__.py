"""The texts that lessons learn from, by name; `lessons.data.corpora.read` has them, and the learner's files."""

from __future__ import annotations

from pathlib import Path

WORLDS = {"world-en": "en", "world-zh": "zh"}
"""The small worlds, and their languages."""
PYTHON = "python"
TEXTS = (*WORLDS, PYTHON)
gathered_in: Path | None = None
"""Where a text that takes long to gather is kept: None where it is not. The app says it."""
