"""English words for the picture: parts of the scene, their order, and what is kept out."""
