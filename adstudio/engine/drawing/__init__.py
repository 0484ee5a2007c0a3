"""From words, or a photo, to a picture."""
