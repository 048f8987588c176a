"""What the machine gives: the terminal, the clipboard, the folders of the learner."""
