"""Shallow models: nearest neighbours, decision trees, boosting and the support-vector machine (slide 4)."""
