"""Small sequences for the lessons on recurrent nets: sentences with a label, clips of digits, names and numbers."""
