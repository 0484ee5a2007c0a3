"""The transformer under the names of its first release, which ComfyUI's own nodes know it by.

There query, key and value are one fused layer. Parts that came from such a file lie side by side in memory and are
fused without a copy; parts that were stored one by one have to be copied together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

_RENAMED = (
    ("all_x_embedder.2-1.", "x_embedder."),
    ("all_final_layer.2-1.", "final_layer."),
    (".attention.to_out.0.", ".attention.out."),
    (".attention.norm_q.", ".attention.q_norm."),
    (".attention.norm_k.", ".attention.k_norm."),
)
_PARTS = tuple(f".attention.to_{letter}." for letter in "qkv")
_FUSED = ".attention.qkv."


def native_name(name: str) -> tuple[str, int | None]:
    """The native name of a tensor, and which third of it this is; None where it is the whole."""
    for number, part in enumerate(_PARTS):
        if part in name:
            return name.replace(part, _FUSED), number
    for ours, native in _RENAMED:
        name = name.replace(ours, native)
    return name, None


def native_tensors(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], int]:
    """Rename and fuse a transformer's tensors.

    Returns:
        The tensors, and the bytes that had to be copied.
    """
    native: dict[str, torch.Tensor] = {}
    parts: dict[str, list[torch.Tensor | None]] = {}
    for name, tensor in tensors.items():
        renamed, third = native_name(name)
        if third is None:
            native[renamed] = tensor
        else:
            parts.setdefault(renamed, [None] * len(_PARTS))[third] = tensor
    copied = 0
    for name, found in parts.items():
        whole = [part for part in found if part is not None]
        fused = _beside_each_other(whole)
        if fused is None:
            fused = torch.cat(whole)
            copied += fused.nbytes
        native[name] = fused
    return native, copied


def native_config(config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """What ComfyUI's transformer is built from.

    Args:
        config: the configuration in diffusers' words.
        tensors: under their native names; widths that no configuration tells are read from them.
    """
    dim, hidden = int(config["dim"]), len(tensors["layers.0.feed_forward.w1.weight"])
    return {
        "image_model": "lumina2",
        "patch_size": config["all_patch_size"][0],
        "in_channels": config["in_channels"],
        "dim": dim,
        "cap_feat_dim": config["cap_feat_dim"],
        "n_layers": config["n_layers"],
        "n_refiner_layers": config["n_refiner_layers"],
        "n_heads": config["n_heads"],
        "n_kv_heads": config["n_kv_heads"],
        "qk_norm": config["qk_norm"],
        "norm_eps": config["norm_eps"],
        "axes_dims": list(config["axes_dims"]),
        "axes_lens": list(config["axes_lens"]),
        "rope_theta": config["rope_theta"],
        "time_scale": config["t_scale"],
        "multiple_of": 1,
        "ffn_dim_multiplier": (hidden + 0.5) / dim,  # cut to a whole number there
        "z_image_modulation": True,
        "pad_tokens_multiple": 32,
    }


def _beside_each_other(parts: list[torch.Tensor]) -> torch.Tensor | None:
    """One view over tensors that follow each other in one memory; None where they do not."""
    first = parts[0]
    end = first.storage_offset()
    for part in parts:
        same = part.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
        if not (same and part.is_contiguous() and part.storage_offset() == end and part.dtype == first.dtype):
            return None
        end += part.numel()
    return first.as_strided((sum(len(part) for part in parts), *first.shape[1:]), first.stride())
