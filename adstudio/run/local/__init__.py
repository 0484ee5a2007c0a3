"""Run a request in this process, over the library: the runner and the stages of an ad."""
