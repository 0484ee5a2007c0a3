"""Weights in files: what headers say, which names they use, and how stored values become bfloat16."""
