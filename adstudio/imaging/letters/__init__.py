"""Find lettering in pictures."""
