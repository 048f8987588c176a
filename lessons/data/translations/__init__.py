"""Pairs of sentences: telephone numbers and numbers up to 9,999, Chinese and English; and the learner's own, as TSV."""

DATA = ("digits", "numbers")
