"""Teaches the scorer of ``adstudio.imaging.letters.detection`` on pictures that it draws itself."""
