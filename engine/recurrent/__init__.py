"""The simple recurrent network: forward, the gradient term by term, training, vanishing (slides 31-39)."""
