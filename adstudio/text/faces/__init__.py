"""Fonts: found, read, opened, and their letters drawn."""
