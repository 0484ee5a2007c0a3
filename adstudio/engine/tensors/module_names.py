"""From the names of tensors in a file to the names in the module: diffusers', ComfyUI's, Flux' and language models'."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SIDE_VALUES = (
    ".scale_weight",
    ".scale_input",
    ".weight_scale",
    ".weight_scale_inv",
    ".input_scale",
    ".comfy_quant",
    ".weight_scale_2",
    ".pre_quant_scale",
)
_BESIDE = frozenset({"scaled_fp8", "lm_head.weight", "output.weight", "norm_final.weight"})
_TRANSFORMER = (
    ("final_layer.", "all_final_layer.2-1."),
    ("x_embedder.", "all_x_embedder.2-1."),
)
_ATTENTION = {
    ".attention.out.": ".attention.to_out.0.",
    ".attention.q_norm.": ".attention.norm_q.",
    ".attention.k_norm.": ".attention.norm_k.",
}
_FUSED = ".attention.qkv."
# llama.cpp's names, which language models have in GGUF files.
_GGUF_ENCODER = (
    (r"^token_embd\.", "embed_tokens."),
    (r"^output_norm\.", "norm."),
    (r"^blk\.(\d+)\.", r"layers.\1."),
    (r"(?<=\d)\.attn_norm\.", ".input_layernorm."),
    (r"(?<=\d)\.ffn_norm\.", ".post_attention_layernorm."),
    (r"(?<=\d)\.attn_([qkv])\.", r".self_attn.\1_proj."),
    (r"(?<=\d)\.attn_output\.", ".self_attn.o_proj."),
    (r"(?<=\d)\.attn_([qk])_norm\.", r".self_attn.\1_norm."),
    (r"(?<=\d)\.ffn_(gate|up|down)\.", r".mlp.\1_proj."),
)
_VAE = (
    (r"\.(down|up)\.(\d+)\.block\.(\d+)\.", r".\1_blocks.\2.resnets.\3."),
    (r"\.down\.(\d+)\.downsample\.conv\.", r".down_blocks.\1.downsamplers.0.conv."),
    (r"\.up\.(\d+)\.upsample\.conv\.", r".up_blocks.\1.upsamplers.0.conv."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"\.mid\.block_([12])\.", lambda found: f".mid_block.resnets.{int(found[1]) - 1}."),
    (r"\.mid\.attn_1\.norm\.", ".mid_block.attentions.0.group_norm."),
    (r"\.mid\.attn_1\.([qkv])\.", r".mid_block.attentions.0.to_\1."),
    (r"\.mid\.attn_1\.proj_out\.", ".mid_block.attentions.0.to_out.0."),
    (r"^(encoder|decoder)\.norm_out\.", r"\1.conv_norm_out."),
)


def module_names(part: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What each tensor of a file is in the module: one name, three for fused query, key and value, none if unused.

    Args:
        part: ``transformer``, ``text_encoder`` or ``vae``.
        names: without the prefix that a whole checkpoint in one file has. Names that are right already stay.
    """
    names = list(names)
    if part == "vae":
        return _vae(names)
    rename = _transformer if part == "transformer" else _text_encoder
    return {name: () if is_beside(name) else rename(name) for name in names}


def is_beside(name: str) -> bool:
    """Whether a tensor is no weight of its own: the scale of a quantised one, or what this model has no use for."""
    return name.endswith(_SIDE_VALUES) or name.removeprefix("model.") in _BESIDE


def _transformer(name: str) -> tuple[str, ...]:
    if _FUSED in name:
        return tuple(name.replace(_FUSED, f".attention.to_{letter}.") for letter in "qkv")
    for old, new in _TRANSFORMER:
        if name.startswith(old):
            return (new + name.removeprefix(old),)
    for old, new in _ATTENTION.items():
        if old in name:
            return (name.replace(old, new),)
    return (name,)


def _text_encoder(name: str) -> tuple[str, ...]:
    if name.startswith(("blk.", "token_embd.", "output_norm.")):
        for pattern, form in _GGUF_ENCODER:
            name = re.sub(pattern, form, name)
    return (name.removeprefix("model."),)


def _vae(names: list[str]) -> dict[str, tuple[str, ...]]:
    # Flux counts the decoder's levels from the picture, diffusers from the latent.
    levels = [int(found[1]) for name in names if (found := re.match(r"decoder\.up\.(\d+)\.", name))]
    last = max(levels, default=0)
    renamed = {}
    for name in names:
        new = re.sub(r"^decoder\.up\.(\d+)\.", lambda found: f"decoder.up.{last - int(found[1])}.", name)
        for pattern, form in _VAE:
            new = re.sub(pattern, form, new)
        renamed[name] = () if is_beside(name) else (new,)
    return renamed
