"""The fast form of word2vec: the same mathematics in banded tiles, in place."""
