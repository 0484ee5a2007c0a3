"""Read an adapter file's tensor names into one plan, and refuse a file that the plan does not use up.

Half an adapter gives a wrong picture without a word: a tensor that finds no layer, no partner or no room is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod

from ...counts import counted
from ...errors import ModelError
from ..tensors.safetensors_header import Header
from .names import LayerNames, Widths, is_text_encoder
from .scales import PeftScales

_LOW_RANK = re.compile(
    r"^(?P<layer>.+?)[._](?P<kind>lora_A|lora_B|lora_down|lora_up|lora\.down|lora\.up)(\.\w+)?\.weight$"
)
_KRONECKER = re.compile(r"^(?P<layer>.+?)\.lokr_(?P<role>w[12](_[ab])?)(\.default)?(\.weight)?$")
_ALPHA = re.compile(r"^(?P<layer>.+)\.alpha$")
_DOWN = ("lora_A", "lora_down", "lora.down")
_OTHER_KINDS = {
    r"dora_scale|lora_magnitude_vector": "DoRA",
    r"\.hada_": "LoHa",
    r"\.lokr_t": "convolution LoKr",
    r"\.lora_mid": "LoCon",
    r"\.(oft|boft)_": "OFT",
    r"\.diff(_b)?$": "full-weight",
}

# What a factor can be stored as; integers stand for numbers that only the program that packed them knows.
_STORED = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """What an adapter adds to the weights of one linear layer.

    ``up @ down``, or ``kron(w1, w2)`` where ``w1`` and ``w2`` may each be given as a product ``a @ b``; of that the
    ``rows``, times ``scale``.

    Args:
        tensors: the file's names of ``down`` and ``up``, or of ``w1``/``w1_a``/``w1_b`` and ``w2``/``w2_a``/``w2_b``.
        rank: what an alpha is divided by; 0 where there is none and the alpha says nothing.
        alpha: the file's name of the alpha tensor, whose value lies in the file's body; it replaces ``scale``.
    """

    layer: str
    tensors: dict[str, str]
    rank: int
    scale: float = 1.0
    alpha: str = ""
    rows: tuple[int, int] | None = None


@dataclass(slots=True)
class _Entry:
    tensors: dict[str, str] = field(default_factory=dict)
    alpha: str = ""


def plan_patches(header: Header, linears: Widths, name: str) -> list[Patch]:
    """Pair every tensor of an adapter file with a layer.

    Args:
        linears: name of each linear layer and its ``(out, in)`` widths.
        name: the file's name, for messages.

    Raises:
        ModelError: the adapter is of another model, of another kind, does not fit completely, or says in a way that
            cannot be read how strongly it works.
    """
    _refuse_other_kinds(header, name)
    entries, unknown, of_encoder = _group(header)
    names, scales = LayerNames(linears), PeftScales(header.metadata, name)
    patches, misfits = [], []
    planned: set[str] = set()
    for written, entry in entries.items():
        layers = names.find(written)
        shapes = {role: header.tensors[key].shape for role, key in entry.tensors.items()}
        size = _product_shape(shapes)
        if not layers or size is None or planned.intersection(layers):
            unknown.append(next(iter(entry.tensors.values()), entry.alpha))
            continue
        if size != (sum(linears[layer][0] for layer in layers), linears[layers[0]][1]):
            misfits.append(next(iter(entry.tensors.values())))
            continue
        planned.update(layers)
        rank = _rank(shapes)
        scale, height = scales.scale_of((written, layers[0]), rank), linears[layers[0]][0]
        for part, layer in enumerate(layers):
            rows = (part * height, (part + 1) * height) if len(layers) > 1 else None
            patches.append(Patch(layer, entry.tensors, rank, scale, entry.alpha if rank else "", rows))
    if patches or unknown or misfits or not of_encoder:
        _check_coverage(name, patches, unknown, misfits)
    if of_encoder:
        raise ModelError(
            "lora.text_encoder",
            f"'{name}' also changes the text encoder ({len(of_encoder)} of its "
            f"{counted(len(header.tensors), 'entry', 'entries')}, such as "
            f"{of_encoder[0]}), which all styles share and none changes.",
            "Choose an edition that was trained on the transformer alone.",
            name=name,
        )
    return patches


def _group(header: Header) -> tuple[dict[str, _Entry], list[str], list[str]]:
    """The tensors by the layer name in front of them, those of no known form, and those of the text encoder."""
    entries: dict[str, _Entry] = {}
    strange, of_encoder = [], []
    for key in header.tensors:
        if is_text_encoder(key):
            of_encoder.append(key)
            continue
        if found := _LOW_RANK.match(key):
            role = "down" if found["kind"] in _DOWN else "up"
        elif found := _KRONECKER.match(key):
            role = found["role"]
        elif (found := _ALPHA.match(key)) and prod(header.tensors[key].shape) == 1:
            entries.setdefault(found["layer"], _Entry()).alpha = key
            continue
        else:
            strange.append(key)
            continue
        entry = entries.setdefault(found["layer"], _Entry())
        if role in entry.tensors:
            strange.append(key)
        entry.tensors[role] = key
    return entries, strange, of_encoder


def _product_shape(shapes: dict[str, Shape]) -> Shape | None:
    """The shape of what the tensors of one layer multiply out to; None where they are not one complete set."""
    if any(len(shape) != 2 for shape in shapes.values()):
        return None
    if shapes.keys() == {"down", "up"}:
        return _matrix_product(shapes["up"], shapes["down"])
    sides = []
    for side in ("w1", "w2"):
        given = {role for role in shapes if role.startswith(side)}
        if given == {side}:
            sides.append(shapes[side])
        elif given == {f"{side}_a", f"{side}_b"}:
            sides.append(_matrix_product(shapes[f"{side}_a"], shapes[f"{side}_b"]))
        else:
            return None
    left, right = sides
    return None if left is None or right is None else (left[0] * right[0], left[1] * right[1])


def _matrix_product(left: Shape, right: Shape) -> Shape | None:
    return (left[0], right[1]) if left[1] == right[0] else None


def _rank(shapes: dict[str, Shape]) -> int:
    """The inner width: of the factored side of a Kronecker product, 0 where neither side is factored."""
    return next((shapes[role][0] for role in ("down", "w2_b", "w1_b") if role in shapes), 0)


def _refuse_other_kinds(header: Header, name: str) -> None:
    for key, info in header.tensors.items():
        kinds = [kind for mark, kind in _OTHER_KINDS.items() if re.search(mark, key)]
        if info.dtype not in _STORED and (_LOW_RANK.match(key) or _KRONECKER.match(key)):
            kinds.append("quantised")
        for kind in kinds:
            raise ModelError(
                "lora.unsupported_kind",
                f"'{name}' is a {kind} adapter; only plain LoRA and LoKr are applied exactly.",
                "Use a LoRA edition of this style.",
                kind=kind,
                name=name,
            )


def _check_coverage(name: str, patches: list[Patch], unknown: list[str], misfits: list[str]) -> None:
    if not patches:
        raise ModelError(
            "lora.other_model",
            f"'{name}' was made for another model: none of its layers fits this checkpoint.",
            "Choose a LoRA that was trained for Z-Image.",
            name=name,
        )
    left = len(unknown) + len(misfits)
    if left:
        example = (unknown + misfits)[0]
        raise ModelError(
            "lora.incomplete",
            f"'{name}' fits this checkpoint only in part: {left} of its entries "
            f"{'does' if left == 1 else 'do'} not (first: {example}).",
            "Choose a LoRA that was trained for exactly this model.",
            name=name,
        )
