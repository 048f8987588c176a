"""A learner's position in one lesson, and all that changes it. Knows no lesson."""
