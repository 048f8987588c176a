"""What lessons are built with."""
