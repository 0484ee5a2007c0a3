"""Checkpoints from a model hub, and their conversion: resumable, checked, visible only when whole."""
