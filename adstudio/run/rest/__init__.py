"""What Ad Studio's REST routes answer, without the server that answers: read a body, say what is wrong, keep jobs."""
