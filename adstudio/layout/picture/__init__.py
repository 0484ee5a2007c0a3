"""What a picture says of places on it: what is busy, what is free, who looks out of it; and how good a place is."""
