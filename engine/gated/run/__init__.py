"""Training nets of recurrent cells on text or sequences, sampling text from them, storing them in files."""
