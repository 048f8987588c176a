"""The tunes that lessons learn from, by name; `lessons.data.tunes.read` has them, and the learner's files."""

JIGS = "jigs"
TUNES = (JIGS, "songs", "chinese")
"""29 old tunes and 38 studies in 6/8; 32 old songs and dances in 4/4, 3/4 and 2/4; and two tunes from China in 4/4."""
