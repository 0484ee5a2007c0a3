"""Our components as ComfyUI's model manager sees them: placed whole, taken away by going back to their mapped files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import comfy.model_management as manager
import comfy.model_patcher
import torch
from torch import nn

from ..adstudio.engine.memory.residence import Residence, residence_of

_MARK = "_adstudio_patcher"


class _Holder(nn.Module):
    """What the manager sees of a component: a module on which it may set attributes such as ``device``."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.streamed = False


class MappedPatcher(comfy.model_patcher.ModelPatcher):
    """Places a module whole, and takes it away by putting the memory-mapped tensors of its file back.

    ComfyUI's own patchers offload by copying to host memory, or leave part of a plain torch module behind.
    """

    @property
    def residence(self) -> Residence:
        """Where the module's weights are."""
        return residence_of(self.model.inner)

    @property
    def is_lent(self) -> bool:
        """Whether anyone computes with the module now."""
        return self.residence.is_lent

    def choose(self, *, streamed: bool) -> None:
        """Say how the module is to be placed from the next load on; the manager reckons with what that takes."""
        if self.is_lent:
            return
        if streamed != self.model.streamed and self.loaded_size():
            self.unpatch_model(self.offload_device)
        self.model.streamed = streamed
        self.size = self.residence.size_bytes(streamed=streamed)  # adapters may have come since

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Keep the module where it is for the length of the block."""
        on_cpu = self.load_device.type == "cpu"
        with nullcontext() if on_cpu else self.residence.lend(self.load_device, streamed=self.model.streamed):
            yield

    def partially_load(
        self, device_to: torch.device, extra_memory: float = 0, force_patch_weights: bool = False
    ) -> int:
        """Load everything, whatever the budget: the manager has freed what it could, and a half module cannot run."""
        before = self.model.model_loaded_weight_memory
        if device_to.type != "cpu":  # a CPU works on the mapped file itself
            try:
                self.residence.move_in(device_to, streamed=self.model.streamed)
            except BaseException:
                self.unpatch_model(self.offload_device)
                raise
        self.model.device = device_to
        self.model.model_loaded_weight_memory = self.model_size()
        return self.model.model_loaded_weight_memory - before

    def partially_unload(self, device_to: torch.device, memory_to_free: float = 0, **_: Any) -> int:
        """Free nothing by halves; the manager then detaches the whole."""
        return 0

    def unpatch_model(self, device_to: torch.device | None = None, unpatch_weights: bool = True) -> None:
        """Put the mapped tensors back."""
        if not unpatch_weights:
            return
        self.residence.move_out()
        self.model.model_loaded_weight_memory = 0
        self.model.device = self.offload_device

    def pin_weight_to_device(self, key: str) -> None:
        """Pin nothing: pinned copies of the mapped weights would fill the host's memory."""

    def add_patches(self, *_: Any, **__: Any) -> list[str]:
        """Refuse core's weight patches: this module's names are not the ones core knows."""
        raise NotImplementedError("Ad Studio's models take their LoRA from the LoRA Style node.")


def patcher_of(component: nn.Module) -> MappedPatcher:
    """The patcher through which the manager places a component: one as long as the component lives."""
    # The manager knows patchers by weak reference only. Held by the module itself, one lives exactly as long as it.
    patcher = component.__dict__.get(_MARK)
    if patcher is None:
        holder = type(type(component).__name__, (_Holder,), {})(component)
        patcher = component.__dict__[_MARK] = MappedPatcher(
            holder, manager.get_torch_device(), torch.device("cpu"), size=residence_of(component).size_bytes()
        )
    return patcher


def lent_beside(patcher: MappedPatcher) -> list[MappedPatcher]:
    """What else of ours somebody computes with now on the same device."""
    held = [entry.model for entry in manager.current_loaded_models if entry.device == patcher.load_device]
    return [other for other in held if isinstance(other, MappedPatcher) and other is not patcher and other.is_lent]
