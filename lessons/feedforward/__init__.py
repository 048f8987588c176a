"""From one neuron to deep networks (slides 3-27): one folder a lesson."""
