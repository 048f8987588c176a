"""The recursive neural network: one layer applied at every node of a tree, from the leaves to the root."""
