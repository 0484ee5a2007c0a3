"""Compile the transformer's repeated blocks, once for all; sizes, prompts, seeds and adapters need nothing new.

torch keeps eight graphs of a function, in whatever it is used, and runs what comes after them uncompiled. So each form
of block, by its precision and by how it comes to the device, is compiled as a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import count
from types import FunctionType
from typing import Any

import torch
from torch import nn

from ...errors import InputError
from ..memory.out_of_memory import is_out_of_memory
from .processor import needs_wide

BACKEND: Any = "inductor"
Form = tuple[tuple[type, bool], ...]
_numbers = count(1)


@contextmanager
def compiled(transformer: Any, wanted: bool, device: torch.device) -> Iterator[None]:
    """Run the blocks compiled inside, where it is wanted; afterwards they are as they were, for whoever shares them.

    Raises:
        InputError: the blocks cannot be compiled here: no Triton or C compiler, or a card that lacks their numbers.
    """
    if not wanted:
        yield
        return
    from ..lora.compiled_layers import asking  # importing it tells torch of an operation, which few ever need

    kinds = transformer._repeated_blocks
    # A block that is streamed is of a class of its own, by the same name.
    blocks = [module for module in transformer.modules() if type(module).__name__ in kinds]
    layers = [layer for block in blocks for layer in block.modules() if isinstance(layer, nn.Linear)]
    try:
        with asking(layers, wide=needs_wide(device, transformer.dtype)):
            for block in blocks:
                block._compiled_call_impl = partial(_compile(_form_of(block), BACKEND), block)
            yield
    except RuntimeError as error:
        if (told := _told(error, device)) is None:
            raise
        raise told from error
    finally:
        for block in blocks:
            block._compiled_call_impl = None


def _told(error: RuntimeError, device: torch.device) -> Exception | None:
    """What the user is told of an error: one of the compiler's says little to whoever has not written it."""
    from torch._dynamo.exc import TorchDynamoException

    inner = getattr(error, "inner_exception", None)
    if inner is not None and is_out_of_memory(inner):
        return inner
    if not isinstance(error, TorchDynamoException):
        return None
    reason = str(inner or error).strip().rpartition("\n")[2]  # before it stands the source that it is about
    return InputError(
        "options.not_compiled",
        f"The transformer's blocks cannot be compiled for {device} with torch {torch.__version__} ({reason[:200]}).",
        "Leave 'compiled' off, or install Triton and a C compiler; 8-bit weights need Ada (L4) or newer.",
    )


def _form_of(block: nn.Module) -> Form:
    """What makes one graph serve another block: the classes within, and which of them multiply in 8 bits."""
    return tuple((type(module), getattr(module, "multiplies", False)) for module in block.modules())


@lru_cache(maxsize=64)
def _compile(form: Form, backend: Any) -> Callable[..., Any]:
    """A function of its own for a form: torch counts graphs by a function's code, and knows code by its name, too."""
    code = _run.__code__.replace(co_name=f"run_block_{next(_numbers)}")
    # Where something cannot be compiled, it runs as it is.
    return torch.compile(FunctionType(code, globals()), backend=backend, dynamic=True, fullgraph=False)


def _run(block: Any, *args: Any, **kwargs: Any) -> Any:
    return block._call_impl(*args, **kwargs)
