"""What a file of weights holds, told by the names and shapes of its tensors, never by the file's own name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..tensors.safetensors_header import TensorInfo

# Longer ones first: what stands before every name of a component, in whole checkpoints and in some exports.
_PREFIXES = {
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "text_encoder": ("text_encoders.qwen3_4b.transformer.", "text_encoders.qwen3_4b.", "text_encoder.", ""),
    "vae": ("first_stage_model.", "vae.", ""),
}

# The first line that fits names the model. `.` in a pattern stands for itself or any one sign; both serve.
_FAMILIES = tuple(
    (re.compile(pattern, re.MULTILINE), words)
    for pattern, words in (
        (r"\.lora_(A|B|down|up)\b|\.lora_(down|up)\.|\.hada_w1|\.lokr_w", "a LoRA adapter"),
        (r"^control_(layers|noise_refiner|all_x_embedder)\.", "a ControlNet for Z-Image"),
        (r"^(.*\.)?cap_embedder[^$]*^(.*\.)?dec_net\.", "the pixel-space edition of Z-Image"),
        (r"^(.*\.)?layers\.0\.adaLN_modulation\.1\.|^(.*\.)?layers\.0\.norm1\.linear\.", "Lumina 2"),
        (r"^(.*\.)?double_stream_modulation_img\.", "FLUX.2"),
        (r"^(.*\.)?double_blocks\.0\.img_attn|^(.*\.)?single_transformer_blocks\.0\.", "FLUX"),
        (r"^(.*\.)?transformer_blocks\.0\.img_mod\.", "Qwen-Image"),
        (r"^(.*\.)?joint_blocks\.0\.|^(.*\.)?transformer_blocks\.0\.ff_context\.", "Stable Diffusion 3"),
        (r"^(.*\.)?(label_emb\.0|add_embedding\.linear_1)\.", "SDXL"),
        (r"^(.*\.)?(input_blocks\.0|down_blocks\.0\.attentions)\.", "Stable Diffusion 1 or 2"),
        (r"^(.*\.)?blocks\.0\.cross_attn\.norm_k\.|^(.*\.)?blocks\.0\.attn2\.norm_k\.", "Wan"),
        (r"^(.*\.)?encoder\.block\.0\.layer\.0\.SelfAttention", "a T5 text encoder"),
        (r"^(.*\.)?text_model\.encoder\.layers\.0\.|^transformer\.resblocks\.0\.", "a CLIP text encoder"),
        (r"^(.*\.)?(visual|vision_tower|vision_model)\.", "a language model with vision"),
        (r"pre_feedforward_layernorm", "a Gemma language model"),
        (r"\.mlp\.(experts|gate\.weight)|ffn_gate_exps", "a language model of experts"),
        (r"layers\.\d+\.linear_attn\.", "a Qwen3.5 language model"),
        (r"layers\.0\.self_attn\.q_proj\.bias|blk\.0\.attn_q\.bias", "a Qwen2 language model"),
        (r"layers\.0\.self_attn\.q_norm|blk\.0\.attn_q_norm", "a Qwen3 language model"),
        (r"layers\.0\.self_attn\.q_proj|blk\.0\.attn_q\.", "a language model that is not Qwen3"),
        (
            r"^(.*\.)?decoder\.(middle|upsamples)\.|^(.*\.)?decoder\.up_blocks\.0\.resnets\.0\.conv1\.conv\.",
            "a video VAE",
        ),
        (r"^(.*\.)?decoder\.conv_in\.", "a VAE"),
        (r"^(taesd_)?decoder\.layers\.0\.|^1\.weight$", "a preview decoder"),
    )
)


@dataclass(frozen=True, slots=True)
class Holding:
    """One component of Z-Image in a file, and what stands before its tensors' names there."""

    part: str
    prefix: str


def holdings(tensors: Mapping[str, TensorInfo]) -> tuple[Holding, ...]:
    """The components that a file holds: one for a split file, all for a whole checkpoint, none for another model's."""
    tests = {"transformer": _is_transformer, "text_encoder": _is_text_encoder, "vae": _is_vae}
    found = []
    for part, test in tests.items():
        prefix = next((prefix for prefix in _PREFIXES[part] if test(tensors, prefix)), None)
        if prefix is not None:
            found.append(Holding(part, prefix))
    return tuple(found)


def family(tensors: Mapping[str, TensorInfo]) -> str:
    """Name the model that a file holds, in words for a sentence."""
    if found := holdings(tensors):
        words = {"transformer": "Z-Image transformer", "text_encoder": "Qwen3 text encoder", "vae": "VAE"}
        return "a " + " with ".join(words[holding.part] for holding in found)
    names = "\n".join(tensors)
    return next((words for pattern, words in _FAMILIES if pattern.search(names)), "another model")


def section(tensors: Mapping[str, TensorInfo], holding: Holding) -> dict[str, TensorInfo]:
    """The tensors of one component, named without the prefix."""
    return {
        name.removeprefix(holding.prefix): info for name, info in tensors.items() if name.startswith(holding.prefix)
    }


def _is_transformer(tensors: Mapping[str, TensorInfo], prefix: str) -> bool:
    wanted = ("layers.0.adaLN_modulation.0.weight", "cap_embedder.1.weight", "noise_refiner.0.attention_norm1.weight")
    return (
        all(prefix + name in tensors for name in wanted)
        # Lumina 2 lacks the tokens for padding, and its modulation is another; the pixel edition has its own decoder.
        and prefix + "cap_pad_token" in tensors
        and not any(name.startswith((prefix + "dec_net.", prefix + "control_")) for name in tensors)
    )


def _is_text_encoder(tensors: Mapping[str, TensorInfo], prefix: str) -> bool:
    if prefix + "blk.0.attn_q_norm.weight" in tensors:
        return prefix + "token_embd.weight" in tensors and prefix + "blk.0.ffn_gate.weight" in tensors
    for inner in (prefix + "model.", prefix):
        layer = inner + "layers.0."
        if layer + "self_attn.q_norm.weight" in tensors:
            return (
                inner + "embed_tokens.weight" in tensors
                and layer + "mlp.gate_proj.weight" in tensors
                and layer + "pre_feedforward_layernorm.weight" not in tensors  # Gemma
                and not any(
                    name.startswith((prefix + "visual.", prefix + "model.visual.", inner + "vision_tower."))
                    for name in tensors
                )
            )
    return False


def _is_vae(tensors: Mapping[str, TensorInfo], prefix: str) -> bool:
    first = tensors.get(prefix + "decoder.conv_in.weight")
    levels = (prefix + "decoder.up.0.block.0.conv1.weight", prefix + "decoder.up_blocks.0.resnets.0.conv1.weight")
    return (
        first is not None
        and len(first.shape) == 4  # five sides are a video's
        and prefix + "encoder.conv_out.weight" in tensors
        and any(name in tensors for name in levels)
    )
