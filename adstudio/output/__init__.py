"""From a finished picture to a file: encoding, metadata and storing it once."""
