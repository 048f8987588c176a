"""The fast form of word2vec: the same mathematics in tiles, in place."""
