"""The checkpoint's text encoder as a language model."""
