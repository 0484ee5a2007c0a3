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
    if "layers.0.adaLN_modulation.0.weight" in shapes and "cap_embedder.1.weight" in shapes:
        facts["_class_name"] = "ZImageTransformer2DModel"
        facts["dim"], facts["cap_feat_dim"] = shapes["cap_embedder.1.weight"]
    if not facts:
        return facts
    facts["n_layers"] = _count(shapes, r"layers\.(\d+)\.")
    facts["n_refiner_layers"] = _count(shapes, r"noise_refiner\.(\d+)\.")
    norm = shapes.get("layers.0.attention.norm_q.weight")
    facts["qk_norm"] = norm is not None
    if norm and not facts["dim"] % norm[0]:
        facts["n_heads"] = facts["dim"] // norm[0]
        facts["head_dim"] = norm[0]
        if key := shapes.get("layers.0.attention.to_k.weight"):
            facts["n_kv_heads"] = key[0] // norm[0]
    patches = sorted(
        (int(found[1]), int(found[2]), shapes[name][1])
        for name in shapes
        if (found := re.fullmatch(r"all_x_embedder\.(\d+)-(\d+)\.weight", name))
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
    if "embed_tokens.weight" not in shapes:
        return facts
    facts["vocab_size"], facts["hidden_size"] = shapes["embed_tokens.weight"]
    facts["num_hidden_layers"] = _count(shapes, r"layers\.(\d+)\.")
    if up := shapes.get("layers.0.mlp.up_proj.weight"):
        facts["intermediate_size"] = up[0]
    facts["attention_bias"] = "layers.0.self_attn.q_proj.bias" in shapes
    # Qwen2 has no norms of queries and keys; Qwen3 without them draws other pictures and says nothing.
    norm = shapes.get("layers.0.self_attn.q_norm.weight")
    if not norm:
        return facts
    facts["model_type"], facts["head_dim"] = "qwen3", norm[0]
    if query := shapes.get("layers.0.self_attn.q_proj.weight"):
        facts["num_attention_heads"] = query[0] // norm[0]
    if key := shapes.get("layers.0.self_attn.k_proj.weight"):
        facts["num_key_value_heads"] = key[0] // norm[0]
    return facts


def _vae(shapes: Shapes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if "decoder.conv_in.weight" not in shapes:
        return facts
    facts["_class_name"] = "AutoencoderKL"
    facts["latent_channels"] = shapes["decoder.conv_in.weight"][1]
    if first := shapes.get("encoder.conv_in.weight"):
        facts["in_channels"] = first[1]
    if last := shapes.get("decoder.conv_out.weight"):
        facts["out_channels"] = last[0]
    pattern = r"encoder\.down_blocks\.(\d+)\.resnets\.(\d+)\.conv1\.weight"
    blocks = {
        (int(found[1]), int(found[2])): shape[0]
        for name, shape in shapes.items()
        if (found := re.fullmatch(pattern, name))
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


def _count(names: Iterable[str], pattern: str) -> int:
    numbers = {int(found[1]) for name in names if (found := re.match(pattern, name))}
    return 1 + max(numbers) if numbers else 0
