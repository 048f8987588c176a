"""The course: for each lesson its experiment and its text in two languages; the lesson contract and the player."""
