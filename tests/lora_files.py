"""Adapter files for tests: one LoRA's factors, written in the name layouts of every trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

RANK = 4
Tensors = dict[str, torch.Tensor]
Pairs = dict[str, tuple[torch.Tensor, torch.Tensor]]


def random_pairs(linears: dict[str, tuple[int, int]], seed: int = 0, *, every: bool = False) -> Pairs:
    """``layer -> (down, up)`` for the attention and feed-forward layers of the main blocks, or for all linear ones."""
    generator = torch.Generator().manual_seed(seed)
    pairs = {}
    for layer, (height, width) in linears.items():
        if every or (layer.startswith("layers.") and ("attention" in layer or "feed_forward" in layer)):
            down = torch.randn(RANK, width, generator=generator) * 0.2
            up = torch.randn(height, RANK, generator=generator) * 0.2
            pairs[layer] = (down.bfloat16(), up.bfloat16())
    return pairs


def fused_pairs(linears: dict[str, tuple[int, int]], seed: int = 0, *, every: bool = False) -> Pairs:
    """The same, but query, key and value share one ``down``, as a LoRA trained on a fused ``qkv`` has it."""
    pairs = random_pairs(linears, seed, every=every)
    for layer, (_, up) in pairs.items():
        stem, _, part = layer.rpartition(".")
        if part in ("to_k", "to_v"):
            pairs[layer] = (pairs[f"{stem}.to_q"][0], up)
    return pairs


def peft(pairs: Pairs, prefix: str = "transformer.", middle: str = "", kinds: str = "AB") -> Tensors:
    """diffusers, PEFT and ai-toolkit: dotted names; ``kinds`` "AB", or "down up" for lora_down and lora_up."""
    first, second = ("lora_A", "lora_B") if kinds == "AB" else ("lora_down", "lora_up")
    tensors = {}
    for layer, (down, up) in pairs.items():
        tensors[f"{prefix}{layer}.{first}{middle}.weight"] = down
        tensors[f"{prefix}{layer}.{second}{middle}.weight"] = up
    return tensors


def alphas(pairs: Pairs, prefix: str, alpha: float = float(RANK)) -> Tensors:
    """An alpha beside each layer."""
    return {f"{prefix}{layer}.alpha": torch.tensor(alpha) for layer in pairs}


def kohya(pairs: Pairs, alpha: float | None = float(RANK), prefix: str = "lora_unet_") -> Tensors:
    """kohya: underscores for dots."""
    tensors = {}
    for layer, (down, up) in pairs.items():
        name = prefix + layer.replace(".", "_").replace("-", "_")
        tensors[f"{name}.lora_down.weight"], tensors[f"{name}.lora_up.weight"] = down, up
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    return tensors


def native(pairs: Pairs) -> Pairs:
    """The pairs under ComfyUI's own layer names: a fused ``qkv`` where q, k and v share their ``down``, ``out`` …"""
    renamed: Pairs = {}
    for layer, (down, up) in pairs.items():
        stem, _, part = layer.rpartition(".")
        if part in ("to_q", "to_k", "to_v"):
            _, above = renamed.get(f"{stem}.qkv", (down, up[:0]))
            renamed[f"{stem}.qkv"] = (down, torch.cat([above, up]))
            continue
        layer = layer.replace("to_out.0", "out").replace("all_x_embedder.2-1", "x_embedder")
        renamed[layer.replace("all_final_layer.2-1", "final_layer")] = (down, up)
    return renamed


def save(folder: Path, tensors: Tensors, name: str = "style", **metadata: str) -> Path:
    """Write an adapter file."""
    path = folder / f"{name}.safetensors"
    save_file({key: value.clone() for key, value in tensors.items()}, path, metadata)
    return path


def lokr(
    linears: dict[str, tuple[int, int]], seed: int = 0, *, left: str = "full", right: str = "full"
) -> dict[str, Any]:
    """``layer -> {role: tensor}`` of a LoKr; each side "full" or "factored"."""
    generator = torch.Generator().manual_seed(seed)

    def side(name: str, height: int, width: int, form: str) -> Tensors:
        if form == "full":
            return {name: torch.randn(height, width, generator=generator) * 0.4}
        return {
            f"{name}_a": torch.randn(height, 2, generator=generator) * 0.5,
            f"{name}_b": torch.randn(2, width, generator=generator) * 0.5,
        }

    factors = {}
    for layer, (height, width) in linears.items():
        if layer.startswith("layers.") and ("attention" in layer or "feed_forward" in layer):
            a, b = (4 if length % 4 == 0 else 2 for length in (height, width))
            factors[layer] = side("w1", a, b, left) | side("w2", height // a, width // b, right)
    return factors
