"""A whole catalogue: a table of rows in, an ad for each and a manifest of them out."""
