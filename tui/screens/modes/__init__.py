"""Who gets a key in a lesson: the modes, each with the commands that it knows and its line of keys."""
