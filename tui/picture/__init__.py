"""A lesson's picture: its panels laid out, the frame around them, what slides over them. Knows no widget."""
