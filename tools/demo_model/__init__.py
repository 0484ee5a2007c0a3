"""Draws, trains and judges the embedded demo model: ``python -m tools.demo_model --help`` from the repository root."""
