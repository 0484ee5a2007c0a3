"""Reading a brief: the words that are known in it, and what they name."""
