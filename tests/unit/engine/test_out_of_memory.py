"""Whatever says that a device's memory ran out is told as one error; nothing else is."""

from __future__ import annotations

import pytest
import torch

from adstudio.engine.memory.out_of_memory import is_out_of_memory, told_as_one


class Coded(RuntimeError):
    """As ``torch.AcceleratorError``, which has CUDA's number."""

    def __init__(self, code: int) -> None:
        super().__init__("CUDA error: something")
        self.error_code = code


OURS = [
    torch.OutOfMemoryError("full"),
    Coded(2),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
]
OTHERS = [
    Coded(700),
    RuntimeError("CUDA error: an illegal memory access was encountered"),
    ValueError("CUDA error: out of memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_memory_that_ran_out_is_told_as_one(error: Exception):
    assert is_out_of_memory(error)
    with (
        pytest.raises(torch.OutOfMemoryError, match=str(error).partition("\n")[0].partition(" when")[0]) as caught,
        told_as_one(),
    ):
        raise error
    told = caught.value if isinstance(error, torch.OutOfMemoryError) else caught.value.__cause__
    assert told is error, "what says so already is left as it is"


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_other_errors_pass_as_they_are(error: Exception):
    assert is_out_of_memory(error) is False
    with pytest.raises(type(error)) as caught, told_as_one():
        raise error
    assert caught.value is error
