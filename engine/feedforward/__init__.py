"""Feed-forward networks: one neuron, Hebb's rule, the perceptron, layers, back-propagation, depth (slides 3-27)."""
