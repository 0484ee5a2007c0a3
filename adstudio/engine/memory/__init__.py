"""Where weights are: shared parts, at home in mapped files, lent to a device, and what to do when it is full."""
