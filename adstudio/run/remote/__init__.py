"""Runs a request on ComfyUI servers: a shipped graph is filled in, sent once, followed, and its pictures fetched."""
