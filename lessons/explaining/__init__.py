"""Symbols, rules and numbers as text: typeset, in figures, with their numbers put in."""
