"""Build the parts of a checkpoint from its files, component by component, in their own classes.

Modules are made without storage and given the tensors of the files as they lie there. Because nothing is cast, the
weights stay what the operating system maps from disk: a checkpoint of 20 GB takes next to no memory of its own.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...counts import counted
from ...errors import MissingDependency, ModelError
from ...ports import Watcher
from ..drawing.attention import keep_to_torch
from ..tensors.part_tensors import read_tensors
from .parts import Part
from .qwen_tokenizer import MERGES, qwen_tokenizer

logger = logging.getLogger("adstudio.engine")
_SURPLUS = "_adstudio_surplus"
# Values that the classes take as they come, and fail of in the first picture.
_ABOVE_0 = ("norm_eps", "rope_theta", "t_scale", "scaling_factor", "norm_num_groups")
_COMPUTED = (".inv_freq", ".position_ids")  # tables that older versions stored and newer ones work out


def build_transformer(part: Part, watcher: Watcher | None = None) -> nn.Module:
    """Build the ``ZImageTransformer2DModel``, whose attention is torch's whatever diffusers is told elsewhere."""
    transformer = _build_diffusers("ZImageTransformer2DModel", part, watcher)
    keep_to_torch(transformer)
    return transformer


def build_vae(part: Part, watcher: Watcher | None = None) -> nn.Module:
    """Build the ``AutoencoderKL``."""
    return _build_diffusers("AutoencoderKL", part, watcher)


def build_language_model(part: Part, watcher: Watcher | None = None) -> nn.Module:
    """Build the whole ``Qwen3Model``; a file with the head of a language model is read too, the head left aside."""
    try:
        from transformers import Qwen3Config, Qwen3Model
    except ImportError as error:
        raise MissingDependency("transformers", "Reading prompts", "'transformers>=4.51'") from error
    config = _construct(lambda: Qwen3Config.from_dict(part.config), part)
    with torch.device("meta"):
        model = _construct(lambda: Qwen3Model(config), part)
    # The rotary table is computed, not stored: without this it would stay without storage.
    model.rotary_emb = type(model.rotary_emb)(config)
    return _fill(model, read_tensors(part, getattr(torch, part.dtype), watcher), part)


def build_tokenizer(folder: Path) -> Any:
    """Build the tokenizer, and check that it knows the chat form that Z-Image was trained with.

    Args:
        folder: what diffusers keeps, or the merges that the pack ships.

    Raises:
        ModelError: ``checkpoint.bad_tokenizer``
    """
    if folder == MERGES:
        return qwen_tokenizer()
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingDependency("transformers", "Reading prompts", "'transformers>=4.51'") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # what is broken in its files comes out as any of Python's errors, or a bare one of Rust
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            "checkpoint.bad_tokenizer",
            f"The tokenizer in {folder} cannot be read ({type(error).__name__}: {reason[:200]}).",
            "Download the files of this folder again.",
            file=str(folder),
        ) from error
    if not tokenizer.chat_template:
        raise ModelError(
            "checkpoint.bad_tokenizer",
            f"The tokenizer in {folder} has no chat template, which Z-Image prompts are written in.",
            "Download tokenizer_config.json or chat_template.jinja of the checkpoint again.",
            file=str(folder),
        )
    tokenizer.model_max_length = sys.maxsize  # how long a prompt may be is the transformer's to say
    return tokenizer


def surplus_of(model: nn.Module) -> tuple[str, ...]:
    """The tensors of a part's files for which its model has no place; what they were for is not drawn."""
    return model.__dict__.get(_SURPLUS, ())


def diffusers_class(name: str) -> Any:
    """A class of diffusers; the one place that imports it.

    Raises:
        MissingDependency: it is not installed, or too old to have the class.
    """
    try:
        import diffusers

        return getattr(diffusers, name)
    except (ImportError, AttributeError) as error:
        raise MissingDependency("diffusers", "Drawing with Z-Image", "'diffusers>=0.42'") from error


def _build_diffusers(name: str, part: Part, watcher: Watcher | None) -> nn.Module:
    kind = diffusers_class(name)
    # Private keys name a class and a version; community repacks get them wrong, and the class is ours to choose.
    config = {key: value for key, value in part.config.items() if not key.startswith("_")}
    _construct(lambda: _check_numbers(config), part)
    with torch.device("meta"):
        model = _construct(lambda: kind.from_config(config), part)
    return _fill(model, read_tensors(part, getattr(torch, part.dtype), watcher), part)


def _check_numbers(config: dict[str, Any]) -> None:
    for key, value in config.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
        if key in _ABOVE_0 and not (is_number and value > 0):
            raise ValueError(f"{key} is {value!r}, not a number above 0")
        if key == "shift_factor" and value is not None and not is_number:
            raise ValueError(f"{key} is {value!r}, no number")


def _construct(make: Any, part: Part) -> Any:
    try:
        return make()
    except Exception as error:  # the classes check their values in ways, and by errors, of their own
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(
            "checkpoint.bad_config",
            f"The configuration {part.config_file or f'worked out for {part.place}'} does not describe a model that "
            f"can be built ({reason[:200]}).",
            "Download this file again, or choose another checkpoint.",
            file=str(part.config_file or part.place),
        ) from error


def _fill(model: nn.Module, tensors: dict[str, torch.Tensor], part: Part) -> nn.Module:
    wanted, place = model.state_dict(), part.place
    for name in set(wanted) & set(tensors):
        tensors[name] = _without_idle_sides(tensors[name], wanted[name])
    missing = sorted(set(wanted) - set(tensors))
    surplus = sorted(set(tensors) - set(wanted))
    wrong = sorted(name for name in set(wanted) & set(tensors) if wanted[name].shape != tensors[name].shape)
    if missing:
        raise ModelError(
            "checkpoint.tensor_missing",
            f"{place} lacks {len(missing)} of {counted(len(wanted), 'tensor')} (first: {missing[0]}).",
            "Finish the download of the checkpoint, or choose another one.",
            file=str(place),
            tensor=missing[0],
        )
    if wrong:
        name = wrong[0]
        says = "its config.json says" if part.config_file else "this model needs"
        raise ModelError(
            "checkpoint.wrong_shape",
            f"{name} in {place} is {list(tensors[name].shape)}, but {says} {list(wanted[name].shape)}.",
            "Weights and configuration are of two different models: download both again.",
            file=str(place),
            tensor=name,
        )
    if surplus:
        logger.warning("%s holds %d tensors that the model does not use, e.g. %s", place, len(surplus), surplus[0])
    model.__dict__[_SURPLUS] = tuple(name for name in surplus if not name.endswith(_COMPUTED))
    model.load_state_dict({name: tensors[name] for name in wanted}, strict=True, assign=True)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.is_meta:
            raise ModelError(
                "checkpoint.tensor_missing",
                f"{name} in {place} got no values.",
                "Choose another checkpoint.",
                file=str(place),
                tensor=name,
            )
    return model.eval().requires_grad_(False)


def _without_idle_sides(tensor: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Sides of length 1 come and go between formats: Flux keeps a linear layer as a convolution of one pixel."""
    same = [side for side in tensor.shape if side > 1] == [side for side in wanted.shape if side > 1]
    return tensor.reshape(wanted.shape) if same else tensor
