"""Understand the tensor names of an adapter file, whoever trained it, and pair them with a transformer's layers.

diffusers and PEFT write ``transformer.layers.0.attention.to_q.lora_A.weight``, kohya writes
``lora_unet_layers_0_attention_to_q.lora_down.weight`` with an ``alpha`` beside it, ComfyUI's own names say
``diffusion_model.`` in front and keep query, key and value in one ``qkv``. All are read into one plan, and a plan
that leaves a tensor of the file unused is refused: half an adapter gives a wrong picture without a word.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..errors import ModelError
from .weights import Header

_PREFIXES = (
    "base_model.model.",
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "lora_unet_",
    "lora_transformer_",
    "lycoris_",
    "model.",
)
_TENSOR = re.compile(
    r"^(?P<layer>.+?)[._](?P<kind>lora_A|lora_B|lora_down|lora_up|lora\.down|lora\.up)(\.\w+)?\.weight$"
)
_ALPHA = re.compile(r"^(?P<layer>.+)\.alpha$")
_DOWN = ("lora_A", "lora_down", "lora.down")
_OTHER_KINDS = {
    "dora_scale": "DoRA",
    "lora_magnitude_vector": "DoRA",
    "hada_": "LoHa",
    "lokr_": "LoKr",
    "lora_mid": "LoCon",
    "oft_": "OFT",
    ".diff": "full-weight",
}
_ALIASES = (
    ("attention.out", "attention.to_out.0"),
    ("attention.to_out", "attention.to_out.0"),
    ("x_embedder", "all_x_embedder.2-1"),
    ("final_layer.linear", "all_final_layer.2-1.linear"),
    ("final_layer.adaLN_modulation.1", "all_final_layer.2-1.adaLN_modulation.1"),
)
_FUSED = "attention.qkv"
_FUSED_PARTS = ("attention.to_q", "attention.to_k", "attention.to_v")

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """What an adapter adds to one linear layer: ``scale * up[rows] @ down``."""

    layer: str
    down: str
    up: str
    rank: int
    scale: float
    rows: tuple[int, int] | None = None


@dataclass(slots=True)
class _Pair:
    down: str = ""
    up: str = ""
    alpha: str = ""


def plan_patches(header: Header, linears: dict[str, tuple[int, int]], name: str) -> tuple[list[Patch], dict[str, str]]:
    """Pair every tensor of an adapter file with a layer.

    Args:
        linears: name of each linear layer and its ``(out, in)`` widths.
        name: the file's name, for messages.

    Returns:
        The patches with scale 1 where the file gives no alpha tensor, and the alpha tensor's name by layer; the
        values of alphas are in the file's body, which is not read here.

    Raises:
        ModelError: the adapter is of another model, of another kind, or does not fit completely.
    """
    _refuse_other_kinds(header, name)
    pairs, strange = _group(header)
    places = _index(linears)
    patches: list[Patch] = []
    alphas: dict[str, str] = {}
    unknown, misfits = list(strange), []
    for written, pair in pairs.items():
        targets = places.get(_bare(written))
        if targets is None or not (pair.down and pair.up):
            unknown.append(written)
            continue
        down, up = header.tensors[pair.down].shape, header.tensors[pair.up].shape
        if not _fits(down, up, [linears[target] for target in targets]):
            misfits.append(written)
            continue
        alpha = _alpha_of(header, targets[0], down[0])
        for part, target in enumerate(targets):
            height = linears[target][0]
            rows = (part * height, (part + 1) * height) if len(targets) > 1 else None
            patches.append(Patch(target, pair.down, pair.up, down[0], alpha, rows))
            if pair.alpha:
                alphas[target] = pair.alpha
    _check_coverage(name, patches, unknown, misfits)
    return patches, alphas


def _group(header: Header) -> tuple[dict[str, _Pair], list[str]]:
    pairs: dict[str, _Pair] = {}
    strange = []
    for key in header.tensors:
        if found := _TENSOR.match(key):
            pair = pairs.setdefault(found["layer"], _Pair())
            side = "down" if found["kind"] in _DOWN else "up"
            if getattr(pair, side):
                strange.append(key)
            setattr(pair, side, key)
        elif found := _ALPHA.match(key):
            pairs.setdefault(found["layer"], _Pair()).alpha = key
        else:
            strange.append(key)
    return pairs, strange


def _index(linears: dict[str, tuple[int, int]]) -> dict[str, list[str]]:
    """Layer names with their dots and underscores removed, under every name they are known by."""
    places = {_fold(layer): [layer] for layer in linears}
    for layer in linears:
        for alias, real in _ALIASES:
            if layer.endswith(real):
                places.setdefault(_fold(layer.removesuffix(real) + alias), [layer])
        if layer.endswith(_FUSED_PARTS[0]):
            stem = layer.removesuffix(_FUSED_PARTS[0])
            parts = [stem + part for part in _FUSED_PARTS]
            if all(part in linears for part in parts):
                places[_fold(stem + _FUSED)] = parts
    return places


def _bare(layer: str) -> str:
    shorter = True
    while shorter:
        shorter = False
        for prefix in _PREFIXES:
            if layer.startswith(prefix):
                layer, shorter = layer.removeprefix(prefix), True
    return _fold(layer)


def _fold(name: str) -> str:
    return re.sub(r"[._-]", "", name).lower()


def _fits(down: Shape, up: Shape, layers: list[tuple[int, int]]) -> bool:
    height, width = sum(layer[0] for layer in layers), layers[0][1]
    return len(down) == 2 and len(up) == 2 and down[1] == width and up[0] == height and down[0] == up[1]


def _alpha_of(header: Header, layer: str, rank: int) -> float:
    """The scale that the file's PEFT metadata gives a layer; 1 where it says nothing."""
    try:
        facts: dict[str, Any] = json.loads(header.metadata.get("lora_adapter_metadata", "{}"))
    except ValueError:
        return 1.0
    facts = {key.removeprefix("transformer."): value for key, value in facts.items()}
    alphas = facts.get("alpha_pattern") or {}
    alpha = next((value for key, value in alphas.items() if layer.endswith(key.lstrip("^"))), facts.get("lora_alpha"))
    if not isinstance(alpha, int | float):
        return 1.0
    return float(alpha) / (rank**0.5 if facts.get("use_rslora") else rank)


def _refuse_other_kinds(header: Header, name: str) -> None:
    for key in header.tensors:
        for mark, kind in _OTHER_KINDS.items():
            if mark in key:
                raise ModelError(
                    "lora.unsupported_kind",
                    f"'{name}' is a {kind} adapter; only plain LoRA is applied exactly.",
                    "Use a LoRA edition of this style.",
                )


def _check_coverage(name: str, patches: list[Patch], unknown: list[str], misfits: list[str]) -> None:
    if not patches:
        raise ModelError(
            "lora.other_model",
            f"'{name}' was made for another model: none of its layers fits this checkpoint.",
            "Choose a LoRA that was trained for Z-Image.",
        )
    left = len(unknown) + len(misfits)
    if left:
        example = (unknown + misfits)[0]
        raise ModelError(
            "lora.incomplete",
            f"'{name}' fits this checkpoint only in part: {left} of its entries do not (first: {example}).",
            "Choose a LoRA that was trained for exactly this model, without its text encoder.",
        )
