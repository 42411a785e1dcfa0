"""Words and numbers in the visitor's language."""
