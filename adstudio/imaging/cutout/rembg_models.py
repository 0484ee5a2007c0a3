"""The models of rembg: by name, with licence and file. Those that upload pictures to a service are not offered."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from ... import config
from ...errors import InputError, ModelError
from ...ports import Host

NON_COMMERCIAL_SWITCH = "ADSTUDIO_ALLOW_NON_COMMERCIAL"


@dataclass(frozen=True, slots=True)
class RembgModel:
    """One model of rembg, and what its weights may be used for.

    Args:
        release: the file's name among rembg's releases.
        digest: of that file, ``md5:…`` or ``sha256:…``, as rembg itself checks it.
        logits: the raw output lacks the sigmoid.
    """

    name: str
    licence: str
    commercial: bool
    megabytes: int
    release: str
    digest: str
    logits: bool = False

    @property
    def file_name(self) -> str:
        """The file's name in a folder of models."""
        return f"{self.name}.onnx"


_APACHE, _MIT = "Apache-2.0", "MIT"
_BRIA = "BRIA RMBG-2.0, non-commercial without a paid agreement"
# Best practical choice first: `auto` takes the first whose weights are there.
MODELS: dict[str, RembgModel] = {
    model.name: model
    for model in (
        RembgModel(
            "isnet-general-use", _APACHE, True, 179, "isnet-general-use.onnx", "md5:fc16ebd8b0c10d971d3513d564d01e29"
        ),
        RembgModel("u2net", _APACHE, True, 176, "u2net.onnx", "md5:60024c5c889badc19c04ad937298a77b"),
        RembgModel(
            "birefnet-general-lite", _MIT, True, 224, "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
            "md5:4fab47adc4ff364be1713e97b7e66334", logits=True,
        ),
        RembgModel(
            "birefnet-general", _MIT, True, 973, "BiRefNet-general-epoch_244.onnx",
            "md5:7a35a0141cbbc80de11d9c9a28f52697", logits=True,
        ),
        RembgModel("silueta", _APACHE, True, 44, "silueta.onnx", "md5:55e59e0d8062d2f5d013f4725ee84782"),
        RembgModel("u2netp", _APACHE, True, 5, "u2netp.onnx", "md5:8e83ca70e441ab06c318d82300c84806"),
        RembgModel(
            "u2net_human_seg", _APACHE, True, 176, "u2net_human_seg.onnx", "md5:c09ddc2e0104f800e3e1bb4652583d1f"
        ),
        RembgModel(
            "birefnet-portrait", _MIT, True, 973, "BiRefNet-portrait-epoch_150.onnx",
            "md5:c3a64a6abf20250d090cd055f12a3b67", logits=True,
        ),
        RembgModel(
            "bria-rmbg", _BRIA, False, 1020, "bria-rmbg-2.0.onnx",
            "sha256:5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958", logits=True,
        ),
    )
}  # fmt: skip


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
            name=name,
        )
    if not model.commercial and not (allow_non_commercial or non_commercial_allowed()):
        raise ModelError(
            "cutout.non_commercial",
            f"The weights of {name} may not be used for advertising ({model.licence}).",
            f"Choose another model, or set {NON_COMMERCIAL_SWITCH}=1 if you hold an agreement.",
            model=name,
            licence=model.licence,
        )
    return model
