"""Functions on arrays: activations, losses, initial weights, optimisers, parameters packed as one array."""
