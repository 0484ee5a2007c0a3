"""Put adapters on a transformer for the length of one generation.

PEFT wraps the layers beside the base weights and is switched, never fused: fusing and unfusing rounds bf16 weights
for good. Between generations every adapter is off, and the wrapped model computes what the bare one does, bit for bit.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..errors import MissingDependency, ModelError
from .components import Components
from .lora import LoraUse
from .lora_keys import plan_patches
from .weights import read_header

_KEPT = 4


@contextmanager
def applied(parts: Components, uses: Sequence[LoraUse]) -> Iterator[None]:
    """Draw with adapters inside the block; the base is bare again afterwards, whatever happened.

    The caller holds the drawing lock: the wrapped layers are shared by every handle of the checkpoint.
    """
    active = [use for use in uses if use.weight != 0]
    if not active:
        yield
        return
    transformer = parts.transformer
    names = [_attach(parts, use.path) for use in active]
    try:
        transformer.enable_lora()
        transformer.set_adapters(names, [use.weight for use in active])
        transformer.requires_grad_(False)  # PEFT opens what it activates for training
        yield
    finally:
        transformer.disable_lora()
        transformer.requires_grad_(False)
        _drop_oldest(transformer, keep=names)


def _attach(parts: Components, path: Path) -> str:
    """Make sure the adapter is on the transformer, switched off or on, and return its name there."""
    name, transformer = _name(path), parts.transformer
    if name in getattr(transformer, "peft_config", {}):
        # Most recently used goes last.
        transformer.peft_config[name] = transformer.peft_config.pop(name)
        return name
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise MissingDependency("peft", "Drawing with a LoRA style", "'peft>=0.17'") from error
    state, layers = _read(parts, path)
    try:
        with warnings.catch_warnings():
            # Several adapters side by side are what is wanted here.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            transformer.load_lora_adapter(state, prefix=None, adapter_name=name)
    except BaseException:
        _detach(transformer, name)
        raise
    got = sum(name in getattr(module, "lora_A", {}) for module in transformer.modules())
    if got != layers:
        _detach(transformer, name)
        raise ModelError(
            "lora.incomplete",
            f"Only {got} of the {layers} layers of '{path.name}' could be applied.",
            "Update diffusers and peft, or choose another LoRA.",
        )
    return name


def _read(parts: Components, path: Path) -> tuple[dict[str, torch.Tensor], int]:
    """The adapter in PEFT's names, its alphas folded in, in the base's dtype."""
    from safetensors.torch import load_file

    patches, alphas = plan_patches(read_header(path), parts.linears, path.name)
    tensors, dtype = load_file(path), parts.transformer.dtype
    state = {}
    for patch in patches:
        up = tensors[patch.up].float()
        if patch.rows is not None:
            up = up[slice(*patch.rows)]
        scale = float(tensors[alphas[patch.layer]]) / patch.rank if patch.layer in alphas else patch.scale
        state[f"{patch.layer}.lora_A.weight"] = tensors[patch.down].to(dtype, copy=True)
        state[f"{patch.layer}.lora_B.weight"] = (up * scale).to(dtype)
    return state, len(patches)


def _drop_oldest(transformer: Any, keep: Sequence[str]) -> None:
    spare = [name for name in transformer.peft_config if name not in keep]
    for name in spare[: max(0, len(transformer.peft_config) - max(_KEPT, len(keep)))]:
        _detach(transformer, name)


def _detach(transformer: Any, name: str) -> None:
    if name in getattr(transformer, "peft_config", {}):
        transformer.delete_adapters(name)
        if transformer.peft_config:
            transformer.disable_lora()  # deleting the active adapter switches another one on


def _name(path: Path) -> str:
    stat = path.stat()
    text = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    return "style_" + hashlib.sha256(text.encode()).hexdigest()[:16]
