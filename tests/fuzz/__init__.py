"""Inputs made at random from a seed: JSON and files that are read, mutated; what may happen is said by each test."""
