"""The configurations of Z-Image Turbo, for files that come without: what shapes tell is read from them.

Source: the values of the published Z-Image Turbo, Qwen3-4B and FLUX.1 autoencoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import ModelError

SCHEDULER: dict[str, Any] = {"num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": False}

_Shapes = dict[str, tuple[int, ...]]
_GROUPS = 32  # of the VAE's normalisation; no shape tells it
_PATCH = 2


def typical_config(part: str, shapes: _Shapes, place: Path) -> dict[str, Any]:
    """The configuration of a component with tensors of these shapes, by the module's own names.

    Raises:
        ModelError: a tensor that tells its size is missing, or the sizes are none that this model can have.
    """
    derive = {"transformer": _transformer, "text_encoder": _text_encoder, "vae": _vae}[part]
    try:
        return derive(shapes)
    except KeyError as missing:
        raise ModelError(
            "checkpoint.tensor_missing",
            f"{place} lacks the tensor {missing.args[0]}, without which its size is not known.",
            "Download the file again, or choose another one.",
            file=str(place),
            tensor=str(missing.args[0]),
        ) from None
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise ModelError(
            "checkpoint.bad_config",
            f"{place} comes without a configuration, and its shapes do not tell it ({error}).",
            "Use the checkpoint's diffusers folder.",
            file=str(place),
        ) from None


def _transformer(shapes: _Shapes) -> dict[str, Any]:
    width, patch = shapes["all_x_embedder.2-1.weight"]
    head = shapes["layers.0.attention.norm_q.weight"][0]
    if head % 16:
        raise ValueError(f"attention heads of {head}")
    return {
        "all_patch_size": [_PATCH],
        "all_f_patch_size": [1],
        "in_channels": patch // _PATCH**2,
        "dim": width,
        "n_layers": _count(shapes, r"layers\.(\d+)\."),
        "n_refiner_layers": _count(shapes, r"noise_refiner\.(\d+)\."),
        "n_heads": width // head,
        "n_kv_heads": shapes["layers.0.attention.to_k.weight"][0] // head,
        "cap_feat_dim": shapes["cap_embedder.0.weight"][0],
        "norm_eps": 1e-5,
        "qk_norm": True,
        "rope_theta": 256.0,
        "t_scale": 1000.0,
        "axes_dims": [head // 4, head * 3 // 8, head * 3 // 8],
        "axes_lens": [1536, 512, 512],
    }


def _text_encoder(shapes: _Shapes) -> dict[str, Any]:
    words, width = shapes["embed_tokens.weight"]
    head = shapes["layers.0.self_attn.q_norm.weight"][0]
    return {
        "model_type": "qwen3",
        "vocab_size": words,
        "hidden_size": width,
        "intermediate_size": shapes["layers.0.mlp.gate_proj.weight"][0],
        "num_hidden_layers": _count(shapes, r"layers\.(\d+)\."),
        "num_attention_heads": shapes["layers.0.self_attn.q_proj.weight"][0] // head,
        "num_key_value_heads": shapes["layers.0.self_attn.k_proj.weight"][0] // head,
        "head_dim": head,
        "rope_theta": 1_000_000,
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 40960,
        "attention_bias": False,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
    }


def _vae(shapes: _Shapes) -> dict[str, Any]:
    levels = _count(shapes, r"encoder\.down_blocks\.(\d+)\.")
    widths = [shapes[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"][0] for level in range(levels)]
    if any(width % _GROUPS for width in widths):
        raise ValueError(f"widths {widths}, not multiples of {_GROUPS}")
    return {
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "block_out_channels": widths,
        "layers_per_block": _count(shapes, r"encoder\.down_blocks\.0\.resnets\.(\d+)\."),
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "mid_block_add_attention": "decoder.mid_block.attentions.0.to_q.weight" in shapes,
        "norm_num_groups": _GROUPS,
        "act_fn": "silu",
        "sample_size": 1024,
        "scaling_factor": 0.3611,
        "shift_factor": 0.1159,
        "use_quant_conv": "quant_conv.weight" in shapes,
        "use_post_quant_conv": "post_quant_conv.weight" in shapes,
    }


def _count(names: Iterable[str], pattern: str) -> int:
    found = {int(match[1]) for name in names if (match := re.match(pattern, name))}
    if found != set(range(len(found))):
        raise ValueError(f"of {max(found) + 1} layers {'1 is' if len(found) == 1 else f'{len(found)} are'} there")
    return len(found)
