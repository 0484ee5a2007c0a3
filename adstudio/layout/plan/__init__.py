"""Layout plans: what they may hold, what a person changes of them, and how they are told."""
