"""Classifiers of one layer or none: nearest neighbours, a decision tree, boosted stumps, a support-vector machine."""
