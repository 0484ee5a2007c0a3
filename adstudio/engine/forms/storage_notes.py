"""What a checkpoint computes in, and what its user should know about how it is stored."""

from __future__ import annotations

from dataclasses import replace

import torch

from ...types import Note
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


def storage_notes(part: Part) -> list[Note]:
    """What a user of little memory should know about how a part is stored."""
    own, word = converted_bytes(part, getattr(torch, part.dtype)), WORDS[part.name]
    if part.dtype == "float32":
        said = "The {part} is stored in float32 and used so: {size}, twice what bfloat16 takes. "
        size = byte_size(part.bytes)
        if part.config_file is None:
            return [Note("checkpoint.float32", said + "Choose the bf16 edition of this file.", part=word, size=size)]
        remedy = "'adstudio convert', or 'to_bf16' at ZIT Loader, writes a bfloat16 edition once."
        return [Note("checkpoint.float32_folder", said + remedy, part=word, size=size)]
    if own * 1000 < part.bytes:  # a few norms in float32
        return []
    stored, kinds, dtype, size = storage(part), storage(part, ", "), part.dtype, byte_size(own)
    said = "The {part} is stored in {stored} and becomes {dtype} when loaded: {size} "
    if own < IN_MEMORY_BYTES:
        said += "of memory."
        return [Note("checkpoint.converted", said, part=word, stored=stored, kinds=kinds, dtype=dtype, size=size)]
    return [
        Note(
            "checkpoint.converted_on_disk",
            said + "on disk, in {folder}, while it is loaded.",
            part=word,
            stored=stored,
            kinds=kinds,
            dtype=dtype,
            size=size,
            folder=str(temporary_folder()),
        )
    ]
