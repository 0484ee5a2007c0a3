"""Copy in lines: where they break, how large they are, and where they stand."""
