"""The faces of the course: the Textual app and the command line."""
