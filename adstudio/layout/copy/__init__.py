"""How copy may stand: its sizes, its stacks, its compositions, and which one wins."""
