"""The parts of a loaded checkpoint, shared by everything that draws with it.

A checkpoint is loaded once; text-to-image, image-to-image and inpainting use the same objects, and two handles with
different styles differ only in the adapters they name. The registry below is the one place that keeps them.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ...ports import Host
from ...types import Note
from ..drawing.options import Options
from ..drawing.strips import in_strips
from ..forms import assembly
from ..forms.checkpoint import Checkpoint, find_checkpoint, open_checkpoint
from ..forms.language_model import WritersPart, reader_of
from ..forms.model_files import AUTO
from .prompt_memory import PromptMemory

if TYPE_CHECKING:
    from ..lora.uses import LoraUse

_KEPT_CHECKPOINTS = 2
_COLLECT_EVERY = 5


@dataclass(eq=False)
class Components:
    """The modules of one checkpoint, and what was worked out from them so far.

    Args:
        text_encoder: reads prompts, as far as Z-Image needs it read.
        writer: what only writing needs beside it, which no picture brings to a device.
        language_model: both as one; never lent itself, it computes where they are.
    """

    transformer: Any
    text_encoder: Any
    writer: Any
    language_model: Any
    vae: Any
    tokenizer: Any
    scheduler_config: dict[str, Any]
    linears: dict[str, tuple[int, int]]
    embeddings: PromptMemory = field(default_factory=PromptMemory)
    preview_factors: Any = None
    vocabulary: Any = None
    is_tied: bool | None = None  # whether the encoder's embedding is its head as well
    variants: dict[str, Components] = field(default_factory=dict)  # the same with a part of another kind


@dataclass(frozen=True, eq=False)
class Zit:
    """A handle on a loaded Z-Image checkpoint, the adapters to draw with and how. Cheap to copy; never changed."""

    checkpoint: Checkpoint
    components: Components
    loras: tuple[LoraUse, ...] = ()
    options: Options = field(default_factory=Options)


class Registry:
    """The loaded checkpoints, and the guards of who may do what at a time.

    ``loading`` lets one thread load; ``drawing`` lets one thread use a device. A thread that holds ``drawing`` never
    waits for ``loading``. That nobody takes a module away that is in use is its residence's doing.
    """

    def __init__(self) -> None:
        self.loading = threading.Lock()
        self.drawing = threading.RLock()
        self._kept: OrderedDict[tuple[Path, ...], tuple[Checkpoint, Components]] = OrderedDict()
        self._runs = 0

    def load(
        self, path: Path, host: Host | None = None, *, text_encoder: str = AUTO, vae: str = AUTO
    ) -> tuple[Checkpoint, Components]:
        """The checkpoint in ``path``, from memory unless its files have changed since."""
        with self.loading:
            checkpoint = open_checkpoint(path, host, text_encoder=text_encoder, vae=vae)
            known = self._kept.pop(checkpoint.key, None)
            if known is not None and known[0].stamp != checkpoint.stamp:
                known = None
                gc.collect()  # its modules and their patchers hold each other, and perhaps a device's memory
            if known is None:
                known = (checkpoint, _build(checkpoint, host))
            self._kept[checkpoint.key] = known
            if len(self._kept) > _KEPT_CHECKPOINTS:
                self._kept.popitem(last=False)
                gc.collect()  # what it had on a device is free now, not only when somebody lacks it
            return _noted(checkpoint, known[1]), known[1]  # the same files may be known under another name

    @contextmanager
    def draw(self) -> Iterator[None]:
        """Have the device alone for the length of one generation; garbage is collected after every fifth."""
        with self.drawing:
            try:
                yield
            finally:
                self._runs += 1
                if self._runs % _COLLECT_EVERY == 0:
                    gc.collect()

    def forget(self) -> None:
        """Drop every checkpoint; handles that are still held keep theirs."""
        with self.loading:
            self._kept.clear()
            gc.collect()


registry = Registry()


def load(path: str | Path, host: Host, *, text_encoder: str = AUTO, vae: str = AUTO) -> Zit:
    """Load a checkpoint by name or path.

    Args:
        text_encoder: a file to read prompts with, by name or path; ``auto`` takes the checkpoint's own, or finds it.
        vae: the same for the VAE.

    Raises:
        ModelError: it is not there, not whole, or of another kind.
    """
    checkpoint, components = registry.load(find_checkpoint(path, host), host, text_encoder=text_encoder, vae=vae)
    return Zit(checkpoint, components)


_SURPLUS = (
    "The {part} in {file} holds {count:tensor|tensors} that Z-Image has no place for (first: {first}); what has "
    "none was left out, and pictures may differ from those of the program that it was made for."
)


def _noted(checkpoint: Checkpoint, components: Components) -> Checkpoint:
    """The checkpoint, with what its files hold and its models do not use; a VAE's may hold half a trainer."""
    notes = [
        Note("checkpoint.surplus", _SURPLUS, part=word, file=str(part.place), count=len(left), first=left[0])
        for word, part, module in (
            ("transformer", checkpoint.sources.transformer, components.transformer),
            ("text encoder", checkpoint.sources.text_encoder, components.language_model),
        )
        if (left := assembly.surplus_of(module))
    ]
    return replace(checkpoint, notes=(*checkpoint.notes, *notes)) if notes else checkpoint


def _build(checkpoint: Checkpoint, host: Host | None) -> Components:
    # ComfyUI runs nodes under inference_mode; a parameter born there could never be switched to training or back,
    # which adapters do.
    sources = checkpoint.sources

    def build(make: Callable[[Any, Host | None], Any], source: Any) -> Any:
        if host is not None:
            host.check_cancelled()
        return make(source, host)  # some forms are converted, which takes its time

    with torch.inference_mode(False), torch.no_grad():
        transformer = build(assembly.build_transformer, sources.transformer)
        linears = {
            name: (module.out_features, module.in_features)
            for name, module in transformer.named_modules()
            if isinstance(module, torch.nn.Linear)
        }
        language_model = build(assembly.build_language_model, sources.text_encoder)
        layers = len(language_model.layers) - 1
        return Components(
            transformer=transformer,
            text_encoder=reader_of(language_model, layers),
            writer=WritersPart(language_model, layers),
            language_model=language_model,
            vae=in_strips(build(assembly.build_vae, sources.vae)),
            tokenizer=assembly.build_tokenizer(sources.tokenizer),
            scheduler_config=sources.scheduler,
            linears=linears,
        )
