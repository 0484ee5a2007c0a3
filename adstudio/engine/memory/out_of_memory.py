"""The ways in which a device says that its memory ran out, told as one.

torch's allocator raises ``torch.OutOfMemoryError``. What CUDA and its libraries take for themselves, a kernel that is
loaded, pinned memory, an event, cuBLAS' handle, comes as another error, which says the same and needs the same done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_CUDA_ERROR_MEMORY_ALLOCATION = 2
_OF_LIBRARIES = ("CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "CUDA error: out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device's memory ran out."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    code = getattr(error, "error_code", None)  # of torch.AcceleratorError, which older versions lack
    return code == _CUDA_ERROR_MEMORY_ALLOCATION or any(words in str(error) for words in _OF_LIBRARIES)


@contextmanager
def told_as_one() -> Iterator[None]:
    """Have whatever says so inside told as one error.

    Raises:
        torch.OutOfMemoryError: from the error that said so.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or not is_out_of_memory(error):
            raise
        raise torch.OutOfMemoryError(str(error)) from error
