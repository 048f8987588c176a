"""word2vec: words as vectors, learned from who stands beside whom (slides 43-48; Mikolov et al. 2013)."""
