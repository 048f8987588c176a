"""A lesson of one act to begin from: `python -m lessons.new ID` writes it as a package of its own."""
