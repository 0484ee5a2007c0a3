"""Checkpoints on disk: the forms they come in, and the parts that any of them holds."""
