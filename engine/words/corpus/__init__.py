"""Text of any size read once into codes, and its vocabulary."""
