"""Mutation testing on the syntax tree: an expression of the engine is replaced, and a test must fail.

`python -m tests.mutants --seed 1 --count 200` draws mutants at random; `change` applies one that is given by hand.
"""
