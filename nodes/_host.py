"""The adapter to ComfyUI: what a running node asks of its model manager, its progress bar, its page and its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import comfy.model_management as manager
import comfy.model_patcher
import comfy.text_encoders.flux
import comfy.utils
import execution
import numpy as np
import torch
from comfy.cli_args import args
from comfy_api.latest import ui
from comfy_execution.graph_utils import ExecutionBlocker
from comfy_execution.utils import get_executing_context
from PIL import Image
from server import PromptServer

from ..adstudio import config
from ..adstudio.engine.memory.out_of_memory import told_as_one
from ..adstudio.engine.memory.work_room import work_room_of
from ..adstudio.output.metadata import KEY
from ..adstudio.ports import ENDLESS
from ..adstudio.types import Array
from ._folders import folders
from ._patcher import lent_beside, patcher_of

_PREVIEW_PX = 512
_PLAIN = str.maketrans("<>", "＜＞")
_MARK = "_adstudio_patcher"


class ComfyHost:
    """Lends modules through ComfyUI's model manager, which also evicts them. One per node execution."""

    array_devices = frozenset({"cuda"})  # ROCm calls itself so too; numpy serves where torch has not been tried

    def __init__(self) -> None:
        self._bar: comfy.utils.ProgressBar | None = None

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        """Have the manager place ``component`` on its device, making room for it and for the work."""
        patcher = patcher_of(component)
        patcher.choose(streamed=streamed)
        # Whatever is named here the manager does not push out: what is lent must stay.
        with told_as_one():
            manager.load_models_gpu([patcher, *lent_beside(patcher)], memory_required=activation_bytes)
            with patcher.lent():
                work_room_of(patcher.load_device).prepare(activation_bytes)
                yield patcher.load_device

    @contextmanager
    def workspace(self, work_bytes: int) -> Iterator[torch.device | None]:
        """Have the manager make room for arrays on its device; None where that is not CUDA, as under ``--cpu``."""
        device = manager.get_torch_device()
        if device.type not in self.array_devices:
            yield None
            return
        lent = [e for e in manager.current_loaded_models if e.device == device and getattr(e.model, "is_lent", False)]
        manager.free_memory(work_bytes + manager.extra_reserved_memory(), device, keep_loaded=lent)
        with told_as_one():
            yield device

    def free_bytes(self) -> int:
        """Room on the manager's device, counting every model that it could push out; ``ENDLESS`` on a CPU."""
        device = manager.get_torch_device()
        if manager.is_device_cpu(device):
            return ENDLESS
        held = [entry.model for entry in manager.current_loaded_models if entry.device == device]  # None: it is gone
        evictable = sum(each.loaded_size() for each in held if each is not None and not getattr(each, "is_lent", False))
        return int(manager.get_free_memory(device) + evictable - manager.extra_reserved_memory())

    def release(self, component: Any) -> None:
        """Take ``component`` off the device and off the manager's list, unless somebody uses it."""
        patcher = patcher_of(component)
        if patcher.is_lent:
            return
        for entry in [entry for entry in manager.current_loaded_models if entry.model is patcher]:
            manager.current_loaded_models.remove(entry)
            entry.model_unload()
            manager.soft_empty_cache()

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Move the running node's progress bar, with a preview."""
        bar = self._bar = self._bar or comfy.utils.ProgressBar(total)
        pixels = None if preview is None else np.rint(preview * 255).clip(0, 255).astype(np.uint8)
        bar.update_absolute(step, total, pixels if pixels is None else ("JPEG", Image.fromarray(pixels), _PREVIEW_PX))

    def check_cancelled(self) -> None:
        """Raise ComfyUI's interrupt when the user pressed cancel."""
        manager.throw_exception_if_processing_interrupted()

    def model_file(self, kind: str, name: str) -> Path | None:
        """Find ``name`` in ComfyUI's folders of ``kind``; names never lead out of them."""
        return config.find_inside(folders(kind), name)

    def model_folders(self, kind: str) -> tuple[Path, ...]:
        """ComfyUI's folders of ``kind``."""
        return tuple(folders(kind))


def host() -> ComfyHost:
    """The host of the running node."""
    return ComfyHost()


def show(node: Any, text: str) -> ui.PreviewText:
    """Write a text on the running node, and hand it back for the run's history; ``_feedback.show`` translates it.

    What is written may come from a brief or a language model: older pages would read its brackets as markup.
    """
    text = text.translate(_PLAIN)
    if node.hidden.unique_id:
        PromptServer.instance.send_progress_text(text, node.hidden.unique_id)
    return ui.PreviewText(text)


def send(event: str, data: dict[str, Any]) -> None:
    """Tell the page that queued the running prompt something, with the ids of prompt and node."""
    running, server = get_executing_context(), getattr(PromptServer, "instance", None)
    if running is not None and server is not None:
        server.send_sync(event, {"prompt_id": running.prompt_id, "node_id": running.node_id, **data}, server.client_id)


def running_prompt() -> str:
    """The id of the prompt whose node runs in this context; empty outside of one."""
    return getattr(get_executing_context(), "prompt_id", "")


def preview(picture: Array) -> dict[str, str]:
    """Keep a picture ``[H,W,3 or 4]`` for the page until the server ends; name it as the page asks for it."""
    return dict(ui.PreviewImage(torch.from_numpy(picture)[None]).as_dict()["images"][0])


def node_classes() -> set[str]:
    """The names of all nodes that are loaded by now."""
    return set(execution.nodes.NODE_CLASS_MAPPINGS)


def reads_klein() -> bool:
    """Whether ComfyUI knows the text encoder of FLUX.2 Klein, which is newer than FLUX.2 itself."""
    return hasattr(comfy.text_encoders.flux, "klein_te")


def blocked(reason: str) -> ExecutionBlocker:
    """What stands in for an output that does not exist this time; whoever reads it fails with ``reason``."""
    return ExecutionBlocker(reason)


def fingerprint(stamp: object) -> str:
    """Digest what a node's result depends on beside its inputs; ComfyUI writes it into every saved file as it is."""
    return hashlib.sha256(repr(stamp).encode()).hexdigest()[:16]


def file_metadata(hidden: Any, record: dict[str, Any]) -> dict[str, Any]:
    """What goes into a saved file: the graph, as core's own nodes write it, and our record; nothing when so told."""
    if args.disable_metadata:
        return {}
    return ({} if hidden.prompt is None else {"prompt": hidden.prompt}) | (hidden.extra_pnginfo or {}) | {KEY: record}
