"""Recurrent nets at work on sequences: what is read, where the loss stands, what stands before the first timestep."""
