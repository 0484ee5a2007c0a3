"""From a request to a saved ad: runners, the run report, the Python API and the command line."""
