"""Cut a product out of its photo, with clean edges."""
