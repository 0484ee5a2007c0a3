"""rembg, held at arm's length: one session at a time, opened, run and dropped."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
from PIL import Image

from ...errors import MissingDependency, ModelError
from ...ports import Host, Watcher
from ...types import Array, Note
from . import rembg_models
from .rembg_models import RembgModel, find_weights
from .rembg_weights import download

logger = logging.getLogger("adstudio.imaging")

Device = Literal["cpu", "gpu"]
# A net that is sure of nothing stays below the one everywhere, and one that takes everything for product above the
# other; rembg would stretch even that to a matte that goes from clear to full.
LEAST_CERTAINTY = 0.3
LEAST_DOUBT = 0.7
_CPU = "CPUExecutionProvider"
# Fastest first. TensorRT is left out: it compiles for minutes before its first picture.
_GPUS = (
    "CUDAExecutionProvider",
    "MIGraphXExecutionProvider",
    "ROCMExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "OpenVINOExecutionProvider",
)
_import_lock = threading.Lock()


class RembgMatting:
    """Implements the ``Matting`` port over one rembg model; each call opens its session and drops it again.

    ``notes`` tells, after a call, under which licence and where the model ran.
    """

    def __init__(
        self,
        model: RembgModel,
        host: Host | None = None,
        *,
        allow_download: bool = False,
        watcher: Watcher | None = None,
        folder: Path | None = None,
        device: Device = "cpu",
    ) -> None:
        """Remember what to run.

        Args:
            folder: where a download goes.
            device: by default the CPU: graphics memory belongs to the picture model, and u2net takes a second there.
        """
        self.name = f"rembg:{model.name}"
        self.notes: list[str] = []
        self._model = model
        self._host = host
        self._allow_download = allow_download
        self._watcher = watcher if watcher is not None else host
        self._folder = folder
        self._device: Device = device

    def matte(self, photo: Array) -> Array:
        """Run the model. Shapes: ``[H,W,3] -> [H,W]``; all 0 or all 1 where it sees no product, or nothing else."""
        model = self._model
        session_class = _session_class(model.name)
        weights = find_weights(model, self._host)
        if weights is None:
            weights = self._download()
        use = "may be used for business" if model.commercial else "may NOT be used for business without leave"
        code = "cutout.may_sell" if model.commercial else "cutout.may_not_sell"
        words = f"The weights of {{model}} {use}; their licence: {{licence}}."
        self.notes = [Note(code, words, model=model.name, licence=model.licence)]
        session = None
        try:
            with _named(model, weights):
                session = self._open(session_class, weights)
                return self._predict(session, photo)
        finally:
            # Destroying the session is what gives its memory back; nothing of it is kept between runs.
            if session is not None:
                session.inner_session = None
            del session
            gc.collect()
            _give_back()

    def _predict(self, session: Any, photo: Array) -> Array:
        watched = _Watched(session.inner_session)
        session.inner_session = watched
        picture = Image.fromarray((photo * 255 + 0.5).astype(np.uint8))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a flat prediction divides by zero inside rembg; it is caught below
            masks = session.predict(picture)
        least, most = (1 / (1 + np.exp(-value)) if self._model.logits else value for value in watched.range)
        if not masks or not most >= LEAST_CERTAINTY:
            return np.zeros(photo.shape[:2], dtype=np.float32)
        if least > LEAST_DOUBT:
            return np.ones(photo.shape[:2], dtype=np.float32)
        return np.asarray(masks[0].convert("L"), dtype=np.float32) / np.float32(255)

    def _open(self, session_class: Any, weights: Path) -> Any:
        import onnxruntime

        # rembg insists on its own folders; a subclass that already knows the file needs none of them.
        located = type(
            session_class.__name__, (session_class,), {"download_models": classmethod(lambda *_, **__: weights)}
        )
        wanted = choose_providers(self._device, onnxruntime.get_available_providers())
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # the arena saves nothing in a single run, and doubles what it holds
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of a fall back to the CPU, which is told below
            session = located(self._model.name, options, providers=wanted)
        self.notes.append(_where(self._device, wanted, session.inner_session.get_providers()))
        return session

    def _download(self) -> Path:
        model = self._model
        if not self._allow_download:
            raise ModelError(
                "cutout.no_weights",
                f"The weights of {model.name} are not on this machine.",
                f"Put {model.file_name} (from rembg's releases) into the models folder 'rembg', allow the download "
                f"of {model.megabytes} MB, or choose the method 'geodesic', which needs no weights.",
                model=model.name,
                file=model.file_name,
                megabytes=model.megabytes,
            )
        return download(model, self._folder, self._watcher)


@contextmanager
def _named(model: RembgModel, weights: Path) -> Iterator[None]:
    """Say which file onnxruntime cannot use: half a file when it is opened, another network's when it is run."""
    try:
        yield
    except Exception as error:
        is_of_onnx = type(error).__module__.startswith("onnxruntime") and "alloc" not in str(error).lower()
        if not is_of_onnx and not isinstance(error, _NoMatte):
            raise
        raise ModelError(
            "cutout.bad_weights",
            f"The file '{weights}' is not a complete {model.name} model.",
            "Delete it; then put the whole file in its place, or allow the download.",
            model=model.name,
            file=str(weights),
        ) from error


def choose_providers(device: Device, available: list[str]) -> list[str]:
    """Name the providers of onnxruntime to ask for, out of those it has; the CPU always stands at the end."""
    return [*(name for name in _GPUS if device == "gpu" and name in available), _CPU]


def _where(device: Device, wanted: list[str], got: list[str]) -> str:
    """Tell where a session runs: what was asked for and what came differ where a driver's library is missing."""
    ran = got[0].removesuffix("ExecutionProvider")
    if device == "cpu" or got[0] != _CPU:
        return Note("cutout.ran_on", "The model ran on: {where}.", where=ran)
    asked = [name.removesuffix("ExecutionProvider") for name in wanted if name != _CPU]
    why = f"{', '.join(asked)} could not be started" if asked else "this onnxruntime knows no GPU"
    return Note("cutout.ran_on_cpu", "The model ran on: CPU, because {why}.", why=why)


def _give_back() -> None:
    """Have the C library hand freed memory back to the system; glibc keeps it otherwise."""
    if sys.platform.startswith("linux"):
        import ctypes

        with suppress(OSError, AttributeError):  # musl has no such function, and needs none
            ctypes.CDLL(None).malloc_trim(0)


class _NoMatte(Exception):
    """The net gave something else than pictures."""


class _Watched:
    """An inference session that remembers how sure the net was, before rembg stretches the answer."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.range = (float("nan"), float("nan"))

    def run(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._inner.run(*args, **kwargs)
        if np.ndim(outputs[0]) != 4:
            raise _NoMatte
        self.range = (float(np.min(outputs[0])), float(np.max(outputs[0])))
        return outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _session_class(name: str) -> Any:
    if not rembg_models.is_installed():
        raise MissingDependency("rembg", f"The matting model {name}", "'rembg[cpu]'")
    sessions = _import_sessions().sessions
    found = sessions.get(name)
    if found is None:
        raise MissingDependency("rembg", f"The matting model {name}", "--upgrade 'rembg[cpu]'")
    return found


def _import_sessions() -> ModuleType:
    """Import rembg's sessions without rembg itself.

    ``import rembg`` pulls in pymatting, which compiles for about a minute the first time, holds some 300 MB, fails
    where it cannot write its cache, and serves only functions that are never called here. So the package is entered
    without running its ``__init__``; whoever imports rembg later gets the whole of it as usual.
    """
    with _import_lock:
        spec = importlib.util.find_spec("rembg")
        if "rembg" in sys.modules or "rembg.sessions" in sys.modules or spec is None:
            return importlib.import_module("rembg.sessions")
        sys.modules["rembg"] = importlib.util.module_from_spec(spec)
        try:
            return importlib.import_module("rembg.sessions")
        finally:
            del sys.modules["rembg"]
