"""Find the layers of a transformer that an adapter file means, whoever wrote the file's names.

diffusers and PEFT say ``transformer.layers.0.attention.to_q``, kohya ``lora_unet_layers_0_attention_to_q``, ComfyUI's
own names put ``diffusion_model.`` in front and keep query, key and value in one ``qkv``.
"""

from __future__ import annotations

import re

_PREFIXES = (
    "base_model.model.",
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "lora_unet_",
    "lora_transformer_",
    "lycoris_",
    "unet.",
    "model.",
)
_TEXT_ENCODER = re.compile(r"^(lora_te\d?_|text_encoders?(_\d)?\.|te\d?\.|lora_qwen|qwen3)")
_ALIASES = (
    ("attention.out", "attention.to_out.0"),
    ("attention.to_out", "attention.to_out.0"),
    ("x_embedder", "all_x_embedder.2-1"),
    ("final_layer.linear", "all_final_layer.2-1.linear"),
    ("final_layer.adaLN_modulation.1", "all_final_layer.2-1.adaLN_modulation.1"),
)
_FUSED = "attention.qkv"
_FUSED_PARTS = ("attention.to_q", "attention.to_k", "attention.to_v")

Widths = dict[str, tuple[int, int]]


class LayerNames:
    """The names under which the linear layers of one transformer are known.

    Args:
        linears: name of each linear layer and its ``(out, in)`` widths.
    """

    def __init__(self, linears: Widths) -> None:
        self._places: dict[str, tuple[str, ...]] = {_fold(layer): (layer,) for layer in linears}
        for layer in linears:
            for alias, real in _ALIASES:
                if layer.endswith(real):
                    self._places.setdefault(_fold(layer.removesuffix(real) + alias), (layer,))
            if layer.endswith(_FUSED_PARTS[0]):
                stem = layer.removesuffix(_FUSED_PARTS[0])
                parts = tuple(stem + part for part in _FUSED_PARTS)
                if all(part in linears for part in parts):
                    self._places[_fold(stem + _FUSED)] = parts

    def find(self, written: str) -> tuple[str, ...]:
        """The layers behind a name in a file: one, three where it means a fused ``qkv``, none where it is unknown."""
        return self._places.get(_fold(_bare(written)), ())


def is_text_encoder(key: str) -> bool:
    """Whether an entry of a file belongs to the text encoder."""
    return _TEXT_ENCODER.match(key) is not None


def _bare(layer: str) -> str:
    start = 0  # a file may begin a name with any number of them, so it is cut once
    while prefix := next((prefix for prefix in _PREFIXES if layer.startswith(prefix, start)), ""):
        start += len(prefix)
    return layer[start:]


def _fold(name: str) -> str:
    return re.sub(r"[._-]", "", name).lower()
