"""The analyzer that shows the picture to a language model."""
