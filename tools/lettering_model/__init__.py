"""Teaches the scorer of ``adstudio.imaging.lettering`` on pictures that it draws itself."""
