"""Recurrent networks (slides 28-39): one folder a lesson, and what they share."""
