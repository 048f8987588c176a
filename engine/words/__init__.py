"""word2vec: words as vectors, trained to predict the words near each other (slides 43-48; Mikolov et al. 2013)."""
