"""Trained mattes through rembg: which models may be used, where their weights lie, and one run at a time.

Weights are never fetched behind the user's back, the session is dropped right after its run, and models that upload
pictures to a service are not offered at all.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import os
import sys
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from .. import config
from ..errors import InputError, MissingDependency, ModelError, ProviderError
from ..ports import Host
from ..types import Array

logger = logging.getLogger("adstudio.imaging")

NON_COMMERCIAL_SWITCH = "ADSTUDIO_ALLOW_NON_COMMERCIAL"
# A net that is sure of nothing stays below this everywhere; rembg would stretch even that to a full matte.
LEAST_CERTAINTY = 0.3
_import_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class RembgModel:
    """One model of rembg, and what its weights may be used for. ``logits``: its raw output lacks the sigmoid."""

    name: str
    licence: str
    commercial: bool
    logits: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.name}.onnx"


# Best practical choice first: `auto` takes the first whose weights are there.
MODELS: dict[str, RembgModel] = {
    model.name: model
    for model in (
        RembgModel("isnet-general-use", "Apache-2.0", commercial=True),
        RembgModel("u2net", "Apache-2.0", commercial=True),
        RembgModel("birefnet-general-lite", "MIT", commercial=True, logits=True),
        RembgModel("birefnet-general", "MIT", commercial=True, logits=True),
        RembgModel("silueta", "Apache-2.0", commercial=True),
        RembgModel("u2netp", "Apache-2.0", commercial=True),
        RembgModel("u2net_human_seg", "Apache-2.0", commercial=True),
        RembgModel("birefnet-portrait", "MIT", commercial=True, logits=True),
        RembgModel(
            "bria-rmbg", "BRIA RMBG-2.0, non-commercial without a paid agreement", commercial=False, logits=True
        ),
    )
}


def non_commercial_allowed() -> bool:
    """Tell whether this machine's owner has switched on weights that may not be used for business."""
    return os.environ.get(NON_COMMERCIAL_SWITCH, "").strip().lower() in {"1", "true", "yes", "on"}


def is_installed() -> bool:
    """Tell whether rembg can run, without importing it: rembg without onnxruntime would end the whole process."""
    return all(importlib.util.find_spec(package) is not None for package in ("rembg", "onnxruntime"))


def find_weights(model: RembgModel, host: Host | None = None) -> Path | None:
    """Look for a model's file: the host's ``rembg`` folder, Ad Studio's own, then rembg's."""
    if host is not None:
        found = host.model_file("rembg", model.file_name)
        if found is not None and found.is_file():
            return found
    legacy = os.environ.get("U2NET_HOME")
    data = os.environ.get("XDG_DATA_HOME")
    home = legacy or os.environ.get("REMBG_HOME") or (Path(data) / "rembg" if data else "~/.rembg")
    places = [folder / "rembg" for folder in config.model_dirs()]
    places += [Path(home).expanduser() / "models" / model.name, Path(legacy or "~/.u2net").expanduser()]
    return next((place / model.file_name for place in places if (place / model.file_name).is_file()), None)


def first_available(host: Host | None = None) -> tuple[RembgModel | None, str]:
    """Pick the model that ``auto`` uses. Returns: the model or None, and the reason in words."""
    if not is_installed():
        return None, "rembg is not installed"
    for model in MODELS.values():
        if model.commercial and find_weights(model, host) is not None:
            return model, f"weights of {model.name} are on this machine"
    return None, "no rembg weights are on this machine"


def pick_model(name: str, *, allow_non_commercial: bool = False) -> RembgModel:
    """Return the named model, or say why it may not be used."""
    model = MODELS.get(name)
    if model is None:
        raise InputError(
            "cutout.unknown_method",
            f"There is no matting model named '{name}'.",
            f"Choose one of: {', '.join(key for key, entry in MODELS.items() if entry.commercial)}.",
        )
    if not model.commercial and not (allow_non_commercial or non_commercial_allowed()):
        raise ModelError(
            "cutout.non_commercial",
            f"The weights of {name} may not be used for advertising ({model.licence}).",
            f"Choose another model, or set {NON_COMMERCIAL_SWITCH}=1 if you hold an agreement.",
        )
    return model


class RembgMatting:
    """Implements the ``Matting`` port over one rembg model; each call opens its session and drops it again."""

    def __init__(
        self,
        model: RembgModel,
        host: Host | None = None,
        *,
        allow_download: bool = False,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:
        # On the CPU by default: graphics memory belongs to the picture model, and u2net takes under a second there.
        self.name = f"rembg:{model.name}"
        self._model = model
        self._host = host
        self._allow_download = allow_download
        self._providers = list(providers)

    def matte(self, photo: Array) -> Array:
        """Run the model. Shapes: ``[H,W,3] -> [H,W]``; all zero where the model is sure of nothing."""
        session_class = _session_class(self._model.name)
        weights = find_weights(self._model, self._host)
        if weights is None:
            weights = self._download(session_class)
        session = self._open(session_class, weights)
        try:
            return self._predict(session, photo)
        finally:
            # Destroying the session is what gives its memory back; nothing of it is kept between runs.
            session.inner_session = None
            del session
            gc.collect()

    def _predict(self, session: Any, photo: Array) -> Array:
        watched = _Watched(session.inner_session)
        session.inner_session = watched
        picture = Image.fromarray((photo * 255 + 0.5).astype(np.uint8))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a flat prediction divides by zero inside rembg; it is caught below
            masks = session.predict(picture)
        peak = float(watched.peak)
        certainty = 1 / (1 + np.exp(-peak)) if self._model.logits else peak
        if not masks or not certainty >= LEAST_CERTAINTY:
            return np.zeros(photo.shape[:2], dtype=np.float32)
        return np.asarray(masks[0].convert("L"), dtype=np.float32) / np.float32(255)

    def _open(self, session_class: Any, weights: Path) -> Any:
        import onnxruntime

        # rembg insists on its own folders; a subclass that already knows the file needs none of them.
        located = type(
            session_class.__name__, (session_class,), {"download_models": classmethod(lambda *_, **__: weights)}
        )
        available = [name for name in self._providers if name in onnxruntime.get_available_providers()]
        try:
            return located(self._model.name, onnxruntime.SessionOptions(), providers=available)
        except Exception as error:
            if not type(error).__module__.startswith("onnxruntime") or "alloc" in str(error).lower():
                raise
            raise ModelError(
                "cutout.bad_weights",
                f"The file '{weights}' is not a complete {self._model.name} model.",
                "Delete it and put the whole file in its place.",
            ) from error

    def _download(self, session_class: Any) -> Path:
        model = self._model
        if not self._allow_download:
            raise ModelError(
                "cutout.no_weights",
                f"The weights of {model.name} are not on this machine.",
                f"Put {model.file_name} (from rembg's releases) into the models folder 'rembg', allow the download, "
                "or choose the method 'geodesic', which needs no weights.",
            )
        logger.info("Downloading the weights of %s", model.name)
        try:
            return Path(session_class.download_models())
        except (OSError, ValueError) as error:
            raise ProviderError(
                "cutout.download_failed",
                f"The weights of {model.name} could not be downloaded ({type(error).__name__}).",
                f"Check the network, or put {model.file_name} into the models folder 'rembg' by hand.",
            ) from error


class _Watched:
    """An inference session that remembers how sure the net was, before rembg stretches the answer."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.peak = float("nan")

    def run(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._inner.run(*args, **kwargs)
        self.peak = float(np.max(outputs[0]))
        return outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _session_class(name: str) -> Any:
    if not is_installed():
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
