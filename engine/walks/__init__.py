"""Algorithms in steps: walks, addresses, tapes, reels, histories, executable rules, gradient checks."""
