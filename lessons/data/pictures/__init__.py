"""Pictures that ship with the lessons, and the learner's own."""

HELD = ("few", "half", "word")
"""What is held out of pictures with captions: a fifth, half of them, or all whose caption has a certain word."""
