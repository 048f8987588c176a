"""The tunes that lessons learn from, by name; `lessons.data.tunes.read` has them, and the learner's files."""

JIGS = "jigs"
TUNES = (JIGS, "chinese")
"""27 traditional tunes and 40 studies in 6/8; and two tunes from China in 4/4."""
