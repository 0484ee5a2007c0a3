"""Styles as small adapters, put on for the length of one generation."""
