"""Recurrent cells with gates: LSTM and GRU, forward, back and trained, one operation at a time (slide 39)."""
