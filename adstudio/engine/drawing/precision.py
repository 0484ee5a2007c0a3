"""The transformer's large matrices in 8 bits: half the memory on the device, widened where they are used.

Every row of a matrix has a scale of its own, a power of two, so that scaling itself rounds nothing: what is lost is
what lies between two numbers of 8 bits. On cards that multiply in 8 bits nothing has to be widened: what comes in is
brought to 8 bits as well, each token by a scale of its own.

The narrow matrices lie in a nameless file of the temporary folder, mapped as the checkpoint's own files are: they take
no memory of their own, and are gone with the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from ...errors import InputError, StorageError
from ...ports import Watcher
from ..forms.assembly import build_transformer, build_vae
from ..forms.parts import Sources
from ..memory.components import Components, Zit, registry
from ..memory.out_of_memory import is_out_of_memory
from ..tensors.byte_size import byte_size
from ..tensors.conversion_space import map_nameless, temporary_folder
from .options import BF16, FP8_PRODUCTS, FP8_WEIGHTS, Options

NARROW = torch.float8_e4m3fn
_LARGEST = torch.finfo(NARROW).max
_KEPT_WIDE = ("adaLN_modulation",)  # small, and every layer hangs on it
_ALIGN = 64


def with_options(zit: Zit, options: Options, watcher: Watcher) -> Zit:
    """Return a handle that draws with ``options``; the one given stays as it is.

    Narrow matrices are made at the first use, from the checkpoint's files, which takes a while; what an option does not
    touch is what is loaded already.

    Raises:
        StorageError: the temporary folder has no room for the narrow matrices.
    """
    wide = zit.components.variants.get("", zit.components)
    # Products in 8 bits are made of the same matrices as weights in 8 bits.
    kept = [FP8_WEIGHTS] * (options.precision != BF16) + ["channels last"] * options.channels_last
    with registry.loading, torch.inference_mode(False), torch.no_grad():
        found = wide
        for kind in kept:
            found = _variant(found, kind, zit.checkpoint.sources, watcher)
    return replace(zit, components=found, options=options)


def _variant(parts: Components, kind: str, sources: Sources, watcher: Watcher) -> Components:
    """The same components with one of another kind; made once for each."""
    if kind not in parts.variants:
        if kind == FP8_WEIGHTS:
            transformer = build_transformer(sources.transformer, watcher)
            narrow(transformer, watcher)
            made = replace(parts, transformer=transformer, variants={})
        else:
            vae: Any = build_vae(sources.vae, watcher)
            made = replace(parts, vae=vae.to(memory_format=torch.channels_last), variants={})
        parts.variants[kind] = made
        made.variants[""] = parts.variants.get("", parts)
    return parts.variants[kind]


def narrow(transformer: nn.Module, watcher: Watcher) -> None:
    """Keep the large matrices of a transformer's blocks in 8 bits.

    Raises:
        StorageError: the temporary folder has no room for them.
    """
    layers = dict(large_layers(transformer))
    offsets, end = {}, 0
    for name, layer in layers.items():
        offsets[name] = end
        end += -(-layer.weight.numel() // _ALIGN) * _ALIGN
    memory = _map_bytes(end)
    for number, (name, layer) in enumerate(layers.items(), 1):
        watcher.check_cancelled()
        place = memory[offsets[name] : offsets[name] + layer.weight.numel()].view(NARROW).view(layer.weight.shape)
        scale = _row_scales(layer.weight)
        place.copy_(layer.weight / scale[:, None])
        hold_narrow(layer, place, scale)
        watcher.progress(number, len(layers))


def hold_narrow(layer: nn.Linear, matrix: torch.Tensor, row_scale: torch.Tensor) -> None:
    """Make a layer one that holds its matrix ``[N,K]`` in 8 bits, with a scale per row, ``[N]``."""
    layer.weight = nn.Parameter(matrix, requires_grad=False)
    layer.register_buffer("row_scale", row_scale, persistent=False)
    layer.__class__ = _narrow(type(layer))
    layer.__dict__["multiplies"] = False  # from the first: a graph asks whether it is there


@contextmanager
def multiplying(transformer: nn.Module, precision: str, device: torch.device) -> Iterator[None]:
    """Multiply in 8 bits inside where the precision asks for it; the layers are shared by all that hold them narrow.

    Raises:
        InputError: the device cannot multiply in 8 bits.
    """
    if precision != FP8_PRODUCTS:
        yield
        return
    if not _multiplies(str(device)):
        raise InputError(
            "options.no_fp8_products",
            f"The precision '{FP8_PRODUCTS}' needs a device that multiplies in 8 bits, NVIDIA's Ada (L4, RTX 40) or "
            f"newer, and a torch made for it, but this is {_name_of(device)} with torch {torch.__version__}.",
            f"Choose '{FP8_WEIGHTS}', which needs as little memory, or {BF16}.",
            device=_name_of(device),
        )
    layers = [module for module in transformer.modules() if isinstance(module, _Narrow)]
    for layer in layers:
        layer.multiplies = True
    try:
        yield
    finally:
        for layer in layers:
            layer.multiplies = False


class _Narrow(nn.Module):
    """What a linear layer's own class is mixed with while its matrix is held in 8 bits."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    row_scale: torch.Tensor
    multiplies: bool = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output, with the matrix widened for the moment, or the tokens brought to 8 bits."""
        if self.multiplies:
            out = multiply(x, self.weight, self.row_scale)
        else:
            out = nn.functional.linear(x, self.weight.to(x.dtype)) * self.row_scale.to(x.dtype)
        return out if self.bias is None else out + self.bias


def multiply(x: torch.Tensor, weight: torch.Tensor, row_scale: torch.Tensor) -> torch.Tensor:
    """The product of tokens and a narrow matrix, in 8 bits.

    Shapes: x ``[...,K]``, weight ``[N,K] float8_e4m3fn``, row_scale ``[N]``, result ``[...,N]`` in x' dtype.
    """
    tokens = x.reshape(-1, x.shape[-1])
    scale = _row_scales(tokens).float().unsqueeze(1)  # a power of two, as the rows' own: it rounds nothing
    narrow = (tokens / scale.to(tokens.dtype)).to(NARROW)
    out = torch._scaled_mm(
        narrow,
        weight.t(),
        scale_a=scale,
        scale_b=row_scale.float().unsqueeze(0),
        out_dtype=torch.bfloat16,
        use_fast_accum=True,
    )
    return out.to(x.dtype).reshape(*x.shape[:-1], -1)


@lru_cache(maxsize=8)
def _multiplies(device: str) -> bool:
    """Whether a device multiplies in 8 bits with a scale per row, found out by doing it once."""
    rows = torch.ones((32, 32), device=device, dtype=torch.bfloat16)
    try:
        multiply(rows, rows.to(NARROW), rows[0])
    except (RuntimeError, NotImplementedError, ValueError, AttributeError) as error:
        if is_out_of_memory(error):
            raise  # says nothing about the device, and what is answered here is remembered
        return False
    return True


def _name_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


@lru_cache(maxsize=16)
def _narrow(kind: type) -> type:
    return type(f"Narrow{kind.__name__}", (_Narrow, kind), {})


def large_layers(transformer: Any) -> Iterator[tuple[str, nn.Linear]]:
    """The layers of a transformer whose matrices are kept in 8 bits, by name."""
    for name, module in transformer.named_modules():
        in_block = name.split(".")[0] in ("layers", "noise_refiner", "context_refiner")
        if in_block and isinstance(module, nn.Linear) and not any(part in name for part in _KEPT_WIDE):
            yield name, module


def _row_scales(weight: torch.Tensor) -> torch.Tensor:
    """The least power of two per row that brings it into the range of 8 bits; of ``[rows, columns]``."""
    highest = weight.abs().amax(dim=1).float().clamp(min=1e-30)
    return torch.exp2(torch.ceil(torch.log2(highest / _LARGEST))).to(weight.dtype)


def _map_bytes(size: int) -> torch.Tensor:
    try:
        return map_nameless(size)
    except OSError as error:
        raise StorageError(
            "precision.no_room",
            f"The 8-bit matrices need {byte_size(size)} in the temporary folder {temporary_folder()} "
            f"({error.strerror}).",
            "Make room there, point TMPDIR to another disk, or choose the precision bf16.",
            needed=byte_size(size),
            folder=str(temporary_folder()),
        ) from error
