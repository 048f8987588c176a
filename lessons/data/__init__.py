"""The small data of the course: points, worlds, corpora, and the learner's own files."""
