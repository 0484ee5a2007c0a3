"""Which of torch's kernels computes attention: a choice for the length of one generation, and for one transformer.

diffusers keeps its own choice for the whole program: whoever sets it there changes everybody's pictures. A transformer
of ours asks for torch's attention by name, so it neither follows that choice nor makes one, and torch's own switches
are as they were as soon as the generation ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch.nn import functional

from ...errors import InputError
from ..memory.out_of_memory import is_out_of_memory
from .options import AUTO_ATTENTION


def keep_to_torch(transformer: Any) -> None:
    """Have a diffusers transformer use torch's attention, whatever diffusers is told to use elsewhere."""
    from diffusers.models.attention_dispatch import AttentionBackendName

    for module in transformer.modules():
        processor: Any = getattr(module, "processor", None)
        if hasattr(processor, "_attention_backend"):
            processor._attention_backend = AttentionBackendName.NATIVE


@contextmanager
def attending(name: str, transformer: Any, device: torch.device) -> Iterator[None]:
    """Compute attention inside by the kernel ``name`` alone; ``auto`` leaves the choice to torch.

    Raises:
        InputError: this device, or this version of torch, has no such kernel for the transformer.
    """
    if name == AUTO_ATTENTION:
        yield
        return
    config = transformer.config
    if not _runs(name, str(device), int(config.dim) // int(config.n_heads), transformer.dtype):
        raise InputError(
            "options.no_such_attention",
            f"The attention '{name}' does not run on {device} with this model and torch {torch.__version__}.",
            f"Use {AUTO_ATTENTION}, which takes the best that there is.",
        )
    with _kernel(name):
        yield


@lru_cache(maxsize=32)
def _runs(name: str, device: str, width: int, dtype: torch.dtype) -> bool:
    """Whether a kernel works, found out by running it once."""
    rows = torch.zeros((1, 1, 32, width), device=device, dtype=dtype)
    try:
        with _kernel(name):
            functional.scaled_dot_product_attention(rows, rows, rows)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise  # says nothing about the kernel, and what is answered here is remembered
        return False
    return True


def _kernel(name: str) -> Any:
    from torch.nn.attention import SDPBackend, sdpa_kernel

    kinds = {
        "flash": SDPBackend.FLASH_ATTENTION,
        "cudnn": SDPBackend.CUDNN_ATTENTION,
        "efficient": SDPBackend.EFFICIENT_ATTENTION,
        "math": SDPBackend.MATH,
    }
    return sdpa_kernel(kinds[name])
