"""How weights are stored, which of it is understood, and how quantised ones become bfloat16 again.

A file that is stored in another way is refused by name: read as if it were plain, it would draw wrong pictures.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import torch

from ...errors import ModelError
from ..forms.parts import Part
from .gguf_header import KINDS, is_gguf
from .module_names import is_beside
from .safetensors_file import load_mapped
from .safetensors_header import read_header

PLAIN = {"BF16": torch.bfloat16, "F32": torch.float32}
_FP8 = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
_GGUF = frozenset(label for label, block, _ in KINDS.values() if block > 1)
_UNDERSTOOD = frozenset({*PLAIN, *_FP8, "F16", *_GGUF})
_FORMATS = frozenset({"float8_e4m3fn", "float8_e5m2"})  # of ComfyUI's notes on a layer
_WEIGHT_SCALES = (".scale_weight", ".weight_scale", ".weight_scale_inv")
_STRANGE_SCALES = (".weight_scale_2", ".pre_quant_scale")
_BLOCK = 128  # rows and columns that share a scale where scales form a grid
_ROWS_AT_ONCE = 4096


def used_dtype(part: Part) -> torch.dtype:
    """What the module computes in: float32 where most of the part is stored so, else bfloat16.

    GGUF is a form of small files: what is float32 there is what could not be packed.
    """
    if any(map(is_gguf, part.files)):
        return torch.bfloat16
    sizes = Counter[str]()
    for name, info in part.tensors.items():
        if not is_beside(name):
            sizes[info.dtype] += info.bytes
    return PLAIN.get(sizes.most_common(1)[0][0], torch.bfloat16) if sizes else torch.bfloat16


def converted_bytes(part: Part, dtype: torch.dtype) -> int:
    """How much memory of its own the part takes, because it is not used as it is stored."""
    return sum(
        math.prod(info.shape) * dtype.itemsize
        for name, info in part.tensors.items()
        if not is_beside(name) and PLAIN.get(info.dtype) != dtype
    )


def storage(part: Part, between: str = " and ") -> str:
    """How a part is stored, in words for a sentence; what makes less than a thousandth is left out."""
    sizes = Counter[str]()
    for name, info in part.tensors.items():
        if not is_beside(name):
            sizes[info.dtype] += info.bytes
    names = {"BF16": "bfloat16", "F32": "float32", "F16": "float16", "F8_E4M3": "fp8 (e4m3)", "F8_E5M2": "fp8 (e5m2)"}
    shares = [label for label, size in sizes.most_common() if size * 1000 >= sizes.total()]
    return between.join(names.get(label, f"GGUF {label}") for label in shares)


def check_storage(part: Part) -> None:
    """Refuse a part whose weights are stored in a way that is not understood.

    Raises:
        ModelError: naming the way.
    """
    for scheme in (*_strange_dtypes(part), *_strange_formats(part), *_strange_scales(part)):
        raise ModelError(
            "checkpoint.unsupported_dtype",
            f"{part.place} holds weights stored as {scheme}; bfloat16, float16, float32, fp8 and GGUF can be read.",
            "Choose the bf16 or the fp8 edition of this model.",
            file=str(part.place),
            kind=scheme,
        )


def restore(name: str, value: torch.Tensor, scale: torch.Tensor | None, out: torch.Tensor) -> torch.Tensor:
    """Write the weights that a stored tensor stands for into ``out``, and return it.

    Shapes: value and out ``[rows,...]``; scale of one number, ``[rows]``, ``[rows,1]``, or one for each block of
    128x128, ``[ceil(rows/128),ceil(columns/128)]``.

    Raises:
        ModelError: the scale does not fit the tensor.
    """
    if scale is None:
        return out.copy_(value)
    factors = _factors(name, value, scale)
    for first in range(0, value.shape[0], _ROWS_AT_ONCE):  # all at once in float32 would take twice the result beside
        part = slice(first, first + _ROWS_AT_ONCE)
        factor = factors[part] if factors.ndim else factors
        out[part] = value[part].to(torch.float32) * _spread(factor, value[part])
    return out


def scale_of(name: str, stored: dict[str, torch.Tensor]) -> torch.Tensor | None:
    """The scale of a quantised tensor, where its file has one."""
    layer = name.removesuffix(".weight")
    return next((stored[layer + end] for end in _WEIGHT_SCALES if layer + end in stored), None)


def _factors(name: str, value: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The scale as one number, a column ``[rows, 1]``, or a row per row ``[rows, blocks]``."""
    scale = scale.to(torch.float32)
    if scale.numel() == 1:
        return scale.reshape(())
    rows, columns = value.shape[0], math.prod(value.shape[1:])
    if scale.numel() == rows == scale.shape[0]:  # as many in a row would be one per column of a square layer
        return scale.reshape(rows, 1)
    if tuple(scale.shape) == (-(-rows // _BLOCK), -(-columns // _BLOCK)):
        return scale.repeat_interleave(_BLOCK, dim=0)[:rows]
    raise ModelError(
        "checkpoint.bad_scale",
        f"The scale of {name} is {list(scale.shape)}, which does not fit weights of {list(value.shape)}.",
        "Download the file again, or choose its bf16 edition.",
    )


def _spread(factor: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    if factor.ndim and factor.shape[1] > 1:
        factor = factor.repeat_interleave(_BLOCK, dim=1)[:, : value.shape[1]]
    return factor.reshape(*factor.shape, *([1] * (value.ndim - factor.ndim))) if factor.ndim else factor


def _strange_dtypes(part: Part) -> list[str]:
    known = {"I8": "int8", "U8": "packed 4-bit or 8-bit integers", "F64": "float64"}
    kinds = {info.dtype for name, info in part.tensors.items() if not is_beside(name)}
    return [known.get(kind, kind) for kind in sorted(kinds - _UNDERSTOOD)]


def _strange_scales(part: Part) -> list[str]:
    strange = []
    for name, info in part.tensors.items():
        if name.endswith(_STRANGE_SCALES):
            strange.append("nvfp4 or another scheme of two scales")
        elif name.endswith(_WEIGHT_SCALES) and info.dtype not in ("F32", "BF16", "F16"):
            strange.append(f"blocks with scales of {info.dtype}, such as mxfp8")
    return strange


def _strange_formats(part: Part) -> list[str]:
    """What ComfyUI's notes on quantised layers say beside plain fp8."""
    notes: list[Any] = []
    for file in part.files:
        if is_gguf(file):
            continue
        header = read_header(file)
        if "_quantization_metadata" in header.metadata:
            layers = _table(_json(header.metadata["_quantization_metadata"]).get("layers"))
            notes += [note for layer, note in layers.items() if layer.startswith(part.prefix)]
        names = [name for name in header.tensors if name.startswith(part.prefix) and name.endswith(".comfy_quant")]
        if names:
            tensors = load_mapped(file)
            notes += [_json(bytes(tensors[name].flatten().view(torch.uint8).tolist())) for name in names]
    strange = []
    for note in map(_table, notes):
        form = note.get("format")
        if not isinstance(form, str) or form not in _FORMATS:
            strange.append(f"'{form}'" if form else "a scheme without a name")
        elif note.get("convrot") or _table(note.get("params")).get("convrot"):
            strange.append(f"'{form}' with rotated weights")
    return strange


def _json(text: str | bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return _table(content)


def _table(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}
