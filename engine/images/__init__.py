"""Models of pictures: restricted Boltzmann machine, deep belief net and convolution (slide 4)."""
