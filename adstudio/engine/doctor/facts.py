"""What the names and shapes of tensors say about a model, as values of its configuration.

Names are the modules' own, whatever the files call them. A value that the tensors at hand do not tell is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..forms.parts import Sources

Shapes = dict[str, tuple[int, ...]]


def read_facts(sources: Sources) -> dict[str, dict[str, Any]]:
    """Read the facts of all three parts."""
    readers = {"transformer": _transformer, "text_encoder": _text_encoder, "vae": _vae}
    return {part.name: readers[part.name](part.shapes()) for part in sources.parts}


def _transformer(shapes: Shapes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    caption = _sides(shapes, "cap_embedder.1.weight", 2)
    if "layers.0.adaLN_modulation.0.weight" not in shapes or caption is None:
        return facts
    facts["_class_name"] = "ZImageTransformer2DModel"
    facts["dim"], facts["cap_feat_dim"] = caption
    facts["n_layers"] = _count(shapes, r"layers\.(\d+)\.")
    facts["n_refiner_layers"] = _count(shapes, r"noise_refiner\.(\d+)\.")
    facts["qk_norm"] = "layers.0.attention.norm_q.weight" in shapes
    norm = _sides(shapes, "layers.0.attention.norm_q.weight", 1)
    if norm and not facts["dim"] % norm[0]:
        facts["n_heads"] = facts["dim"] // norm[0]
        facts["head_dim"] = norm[0]
        if key := _sides(shapes, "layers.0.attention.to_k.weight", 2):
            facts["n_kv_heads"] = key[0] // norm[0]
    patches = sorted(
        (int(found[1]), int(found[2]), sides[1])
        for name in shapes
        if (found := re.fullmatch(r"all_x_embedder\.([1-9]\d*)-([1-9]\d*)\.weight", name))
        and (sides := _sides(shapes, name, 2))
    )
    if patches:  # the name of the embedder says the patch, its width how many channels a patch holds
        facts["all_patch_size"] = [patch for patch, _, _ in patches]
        facts["all_f_patch_size"] = [frames for _, frames, _ in patches]
        patch, frames, width = patches[0]
        facts["in_channels"] = width // (patch * patch * frames)
    if not any(name.startswith("siglip_embedder.") for name in shapes):
        facts["siglip_feat_dim"] = None
    return facts


def _text_encoder(shapes: Shapes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    table = _sides(shapes, "embed_tokens.weight", 2)
    if table is None:
        return facts
    facts["vocab_size"], facts["hidden_size"] = table
    facts["num_hidden_layers"] = _count(shapes, r"layers\.(\d+)\.")
    if up := _sides(shapes, "layers.0.mlp.up_proj.weight", 2):
        facts["intermediate_size"] = up[0]
    facts["attention_bias"] = "layers.0.self_attn.q_proj.bias" in shapes
    # Qwen2 has no norms of queries and keys; Qwen3 without them draws other pictures and says nothing.
    norm = _sides(shapes, "layers.0.self_attn.q_norm.weight", 1)
    if not norm:
        return facts
    facts["model_type"], facts["head_dim"] = "qwen3", norm[0]
    if query := _sides(shapes, "layers.0.self_attn.q_proj.weight", 2):
        facts["num_attention_heads"] = query[0] // norm[0]
    if key := _sides(shapes, "layers.0.self_attn.k_proj.weight", 2):
        facts["num_key_value_heads"] = key[0] // norm[0]
    return facts


def _vae(shapes: Shapes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    latent = _sides(shapes, "decoder.conv_in.weight", 4)
    if latent is None:
        return facts
    facts["_class_name"] = "AutoencoderKL"
    facts["latent_channels"] = latent[1]
    if first := _sides(shapes, "encoder.conv_in.weight", 4):
        facts["in_channels"] = first[1]
    if last := _sides(shapes, "decoder.conv_out.weight", 4):
        facts["out_channels"] = last[0]
    pattern = r"encoder\.down_blocks\.(\d+)\.resnets\.(\d+)\.conv1\.weight"
    blocks = {
        (int(found[1]), int(found[2])): sides[0]
        for name in shapes
        if (found := re.fullmatch(pattern, name)) and (sides := _sides(shapes, name, 4))
    }
    if blocks:
        levels = 1 + max(level for level, _ in blocks)
        facts["block_out_channels"] = [blocks.get((level, 0), 0) for level in range(levels)]
        facts["layers_per_block"] = sum(level == 0 for level, _ in blocks)
        facts["down_block_types"] = ["DownEncoderBlock2D"] * levels
        facts["up_block_types"] = ["UpDecoderBlock2D"] * levels
    facts["use_quant_conv"] = "quant_conv.weight" in shapes
    facts["use_post_quant_conv"] = "post_quant_conv.weight" in shapes
    facts["mid_block_add_attention"] = any(name.startswith("decoder.mid_block.attentions.") for name in shapes)
    return facts


def _sides(shapes: Shapes, name: str, count: int) -> tuple[int, ...] | None:
    """The sides of a tensor where it has so many, and holds anything."""
    sides = shapes.get(name, ())
    return sides if len(sides) == count and all(sides) else None


def _count(names: Iterable[str], pattern: str) -> int:
    numbers = {int(found[1]) for name in names if (found := re.match(pattern, name))}
    return 1 + max(numbers) if numbers else 0
