"""Stand products on a backdrop, as if they had been photographed there."""
