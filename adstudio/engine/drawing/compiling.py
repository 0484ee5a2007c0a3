"""Compile the transformer's repeated blocks, once for all; sizes, prompts, seeds and adapters need nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

BACKEND: Any = "inductor"
_MARK = "_adstudio_compiled"


@contextmanager
def compiled(transformer: Any, wanted: bool) -> Iterator[None]:
    """Run the blocks compiled inside, where it is wanted; afterwards they are as they were, for whoever shares them."""
    if not wanted:
        yield
        return
    from ..lora.compiled_layers import asking  # importing it tells torch of an operation, which few ever need

    blocks = [module for module in transformer.modules() if type(module).__name__ in transformer._repeated_blocks]
    layers = [layer for block in blocks for layer in block.modules() if isinstance(layer, nn.Linear)]
    try:
        for block in blocks:
            if _MARK not in block.__dict__:
                # Where something cannot be compiled, or has been compiled in too many forms, it runs as it is.
                block.compile(backend=BACKEND, dynamic=True, fullgraph=False)
                block.__dict__[_MARK] = block._compiled_call_impl
            block._compiled_call_impl = block.__dict__[_MARK]
        with asking(layers):
            yield
    finally:
        for block in blocks:
            block._compiled_call_impl = None
