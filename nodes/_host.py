"""The adapter to ComfyUI: its model manager, its model folders, its progress bar and its interrupt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import comfy.model_management as manager
import comfy.model_patcher
import comfy.text_encoders.flux
import comfy.utils
import execution
import folder_paths
import numpy as np
import torch
from comfy.cli_args import args
from comfy_api.latest import ui
from comfy_execution.graph_utils import ExecutionBlocker
from comfy_execution.utils import get_executing_context
from PIL import Image
from server import PromptServer
from torch import nn

from ..adstudio import config
from ..adstudio.engine.download.hub import folder_for
from ..adstudio.engine.forms.layouts import may_be_zimage
from ..adstudio.engine.forms.model_files import AUTO, KINDS, files_holding
from ..adstudio.engine.memory.out_of_memory import told_as_one
from ..adstudio.engine.memory.residence import Residence, residence_of
from ..adstudio.engine.memory.work_room import work_room_of
from ..adstudio.errors import InputError
from ..adstudio.output.metadata import KEY
from ..adstudio.ports import ENDLESS
from ..adstudio.types import Array

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
        patcher = _patcher_of(component)
        patcher.choose(streamed=streamed)
        # Whatever is named here the manager does not push out: what is lent must stay.
        with told_as_one():
            manager.load_models_gpu([patcher, *_lent_beside(patcher)], memory_required=activation_bytes)
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
        patcher = _patcher_of(component)
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
        return config.find_inside(_folders(kind), name)

    def model_folders(self, kind: str) -> tuple[Path, ...]:
        """ComfyUI's folders of ``kind``."""
        return tuple(_folders(kind))


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


def host() -> ComfyHost:
    """The host of the running node."""
    return ComfyHost()


def show(node: Any, text: str) -> ui.PreviewText:
    """Write a line on the running node, and hand it back for the run's history.

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


def find_shown(filename: str, subfolder: str, kind: str) -> Path:
    """The file of a picture as the page names it: ``kind`` is ``input``, ``output`` or ``temp``.

    Raises:
        InputError: ``photo.not_found``, also for whatever leads out of that folder.
    """
    folder = folder_paths.get_directory_by_type(kind) if kind in ("input", "output", "temp") else None
    name = f"{subfolder}/{filename}" if subfolder else filename
    if folder is not None and (named := config.name_inside(Path(folder), name)) is not None:
        path = named.resolve()
        if path.is_relative_to(Path(folder).resolve()) and path.is_file():
            return path
    told = f"{filename:.80}"
    raise InputError("photo.not_found", f"The server has no picture named '{told}'.", "Run the graph again.", file=told)


def node_classes() -> set[str]:
    """The names of all nodes that are loaded by now."""
    return set(execution.nodes.NODE_CLASS_MAPPINGS)


def reads_klein() -> bool:
    """Whether ComfyUI knows the text encoder of FLUX.2 Klein, which is newer than FLUX.2 itself."""
    return hasattr(comfy.text_encoders.flux, "klein_te")


def blocked(reason: str) -> ExecutionBlocker:
    """What stands in for an output that does not exist this time; whoever reads it fails with ``reason``."""
    return ExecutionBlocker(reason)


def checkpoint_names() -> list[str]:
    """The embedded checkpoint, every Z-Image folder in ``models/diffusers``, also one level deeper, and every file.

    Files are those of a Z-Image transformer, or of a whole checkpoint, where ComfyUI's own loaders read them. Other
    models are left out by what they hold; a folder whose configuration is broken is named, so that choosing it tells
    what is wrong.
    """
    names = set()
    for folder in _folders("diffusers"):
        for path in [*folder.glob("*/"), *folder.glob("*/*/")]:
            if not path.name.startswith(".") and may_be_zimage(path):  # a hidden one is under way
                names.add(path.relative_to(folder).as_posix())
    return [config.EMBEDDED_NAME, *sorted(names), *part_names("transformer")[1:]]


def part_names(part: str) -> list[str]:
    """``auto``, then the files that hold ``part`` (``transformer``, ``text_encoder``, ``vae``) in ComfyUI's folders."""
    return [AUTO, *sorted({name for kind in KINDS[part] for name in files_holding(part, _folders(kind))})]


def download_folder(hub_id: str) -> Path:
    """Where the checkpoint of that id on a model hub belongs: ``models/diffusers/<organisation>/<model>``.

    Of several folders of models the one that has it is taken, else ComfyUI's first.
    """
    places = [folder_for(root, hub_id) for root in _named_folders("diffusers")]
    return next(filter(Path.is_dir, places), places[0])


def weights_folder(kind: str) -> Path:
    """Where downloaded weights of ``kind`` belong: ComfyUI's first folder of that kind, which need not exist yet."""
    return _named_folders(kind)[0]


def lora_names() -> list[str]:
    """The adapter files in ``models/loras``."""
    return [name for name in folder_paths.get_filename_list("loras") if name.endswith(".safetensors")]


def font_folders() -> list[Path]:
    """ComfyUI's folders of fonts, ``models/fonts`` unless another pack or the user has named others."""
    if "fonts" not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path("fonts", str(Path(folder_paths.models_dir) / "fonts"))
    return _named_folders("fonts")


def _named_folders(kind: str) -> list[Path]:
    known = folder_paths.folder_names_and_paths.get(kind)
    return [Path(path) for path in known[0]] if known and known[0] else [Path(folder_paths.models_dir) / kind]


def _folders(kind: str) -> list[Path]:
    return [path.resolve() for path in _named_folders(kind) if path.is_dir()]


def _patcher_of(component: nn.Module) -> MappedPatcher:
    # The manager knows patchers by weak reference only. Held by the module itself, one lives exactly as long as it.
    patcher = component.__dict__.get(_MARK)
    if patcher is None:
        holder = type(type(component).__name__, (_Holder,), {})(component)
        patcher = component.__dict__[_MARK] = MappedPatcher(
            holder, manager.get_torch_device(), torch.device("cpu"), size=residence_of(component).size_bytes()
        )
    return patcher


def _lent_beside(patcher: MappedPatcher) -> list[MappedPatcher]:
    held = [entry.model for entry in manager.current_loaded_models if entry.device == patcher.load_device]
    return [other for other in held if isinstance(other, MappedPatcher) and other is not patcher and other.is_lent]


def user_folder() -> Path:
    """Where a user's words, settings and keys are: ``user/__adstudio``, which ComfyUI's HTTP side never serves."""
    return Path(folder_paths.get_user_directory()) / "__adstudio"


def output_folder() -> Path:
    """ComfyUI's output folder."""
    return Path(folder_paths.get_output_directory())


def fingerprint(stamp: object) -> str:
    """Digest what a node's result depends on beside its inputs; ComfyUI writes it into every saved file as it is."""
    return hashlib.sha256(repr(stamp).encode()).hexdigest()[:16]


def file_metadata(hidden: Any, record: dict[str, Any]) -> dict[str, Any]:
    """What goes into a saved file: the graph, as core's own nodes write it, and our record; nothing when so told."""
    if args.disable_metadata:
        return {}
    return ({} if hidden.prompt is None else {"prompt": hidden.prompt}) | (hidden.extra_pnginfo or {}) | {KEY: record}


def shown_file(path: Path) -> dict[str, str]:
    """Name a file of the output folder as the page asks for it."""
    subfolder = path.parent.relative_to(output_folder()).as_posix()
    return {"filename": path.name, "subfolder": "" if subfolder == "." else subfolder, "type": "output"}
