"""The grid of characters that every picture is drawn on, and the inks of each theme."""
