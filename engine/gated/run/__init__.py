"""Training nets of recurrent cells on streams of text, letting them write, and keeping them in files."""
