"""Tests, in the three rooms of what they test."""
