"""Read the weights of a safetensors file."""

from __future__ import annotations

from pathlib import Path

import torch

from ...errors import ModelError


def load_mapped(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, mapped.

    Raises:
        ModelError: the file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:  # a dtype that it does not know, or a file that has changed since it was checked
        raise ModelError(
            "checkpoint.not_safetensors",
            f"{path} is damaged ({error}).",
            "Delete the file and download it again.",
            file=str(path),
        ) from error
