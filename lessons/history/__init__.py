"""Chapter 1: the history of neural networks, the shallow models and the first deep ones (slides 3 and 4)."""
