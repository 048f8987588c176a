"""Pictures that ship with the lessons, and the learner's own."""
