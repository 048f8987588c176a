"""The texts that lessons learn from, by name; `lessons.data.corpora.read` has them, and the learner's files."""

WORLDS = {"world-en": "en", "world-zh": "zh"}
"""The small worlds, and their languages."""
PYTHON = "python"
TEXTS = (*WORLDS, PYTHON)
