"""What a checkpoint computes in, and what its user should know about how it is stored."""

from __future__ import annotations

from dataclasses import replace

import torch

from ..tensors.byte_size import byte_size
from ..tensors.conversion_space import IN_MEMORY_BYTES, temporary_folder
from ..tensors.quantization import converted_bytes, storage, used_dtype
from .model_files import WORDS
from .parts import Part, Sources


def with_dtypes(sources: Sources) -> Sources:
    """Each part computes as it is stored; only the VAE, small as it is, never in more than the transformer does."""
    dtypes = {part.name: used_dtype(part) for part in sources.parts}
    if dtypes["transformer"] == torch.bfloat16:
        dtypes["vae"] = torch.bfloat16
    named = {name: str(dtype).removeprefix("torch.") for name, dtype in dtypes.items()}
    return replace(sources, **{part.name: replace(part, dtype=named[part.name]) for part in sources.parts})


def storage_notes(part: Part) -> list[str]:
    """What a user of little memory should know about how a part is stored."""
    own, word = converted_bytes(part, getattr(torch, part.dtype)), WORDS[part.name]
    if part.dtype == "float32":
        remedy = "Choose the bf16 edition of this file."
        if part.config_file is not None:  # in a folder, which can be converted
            remedy = "'adstudio convert', or 'to_bf16' at ZIT Loader, writes a bfloat16 edition once."
        said = f"The {word} is stored in float32 and used so: {byte_size(part.bytes)}, twice what bfloat16 takes."
        return [f"{said} {remedy}"]
    if own * 1000 < part.bytes:  # a few norms in float32
        return []
    where = "of memory" if own < IN_MEMORY_BYTES else f"on disk, in {temporary_folder()}, while it is loaded"
    return [f"The {word} is stored in {storage(part)} and becomes {part.dtype} when loaded: {byte_size(own)} {where}."]
