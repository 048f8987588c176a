"""Recurrent cells, plain and with gates: forward, back, stacked and trained, one operation at a time (slides 31-39)."""
