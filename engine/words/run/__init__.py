"""Training word2vec on a text: chunks, epochs, workers, updates that can be opened, vectors in files."""
