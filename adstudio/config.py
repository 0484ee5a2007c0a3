"""What the whole library agrees on: the embedded checkpoint's place and name, and where a user's own files live."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

EMBEDDED = "demo"  # what callers write
EMBEDDED_NAME = "demo (embedded)"  # what menus and people read
EMBEDDED_CHECKPOINT = Path(__file__).resolve().parent / "demo" / "checkpoint"


def home() -> Path:
    """Name the user's Ad Studio folder; it need not exist.

    ``ADSTUDIO_HOME`` when set; else the platform's place for settings (``~/.config/adstudio``,
    ``~/Library/Application Support/adstudio``, ``%APPDATA%\\adstudio``).
    """
    chosen = os.environ.get("ADSTUDIO_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "adstudio"


def model_dirs() -> tuple[Path, ...]:
    """Folders with one subfolder per kind of model (``diffusers``, ``loras`` …); ``ADSTUDIO_MODELS`` comes first.

    Several folders in ``ADSTUDIO_MODELS`` are separated as in ``PATH``.
    """
    named = [Path(part).expanduser() for part in os.environ.get("ADSTUDIO_MODELS", "").split(os.pathsep) if part]
    return (*named, home() / "models")


def name_inside(folder: Path, name: str) -> Path | None:
    """Name what lies in a folder as a caller calls it; None where that leads out.

    The disk is not asked: on Windows the first look at ``//host/share`` already knocks at that host, with the login of
    whoever runs this program. Links are not followed here.
    """
    path = Path(os.path.normpath(folder / name))
    return path if "\0" not in name and path.is_relative_to(os.path.normpath(folder)) else None


def is_file(path: Path) -> bool:
    """Whether a file is there that this user may look at: one locked folder must not take a whole menu down."""
    try:
        return path.is_file()
    except OSError:
        return False


def find_inside(folders: Iterable[Path], name: str) -> Path | None:
    """Find ``name`` in the first folder that has it; names never lead out, links that the user has put there may."""
    for folder in folders:
        path = name_inside(folder, name)
        with suppress(OSError):  # a name longer than the system allows
            if path is not None and path != folder and path.exists():
                return path
    return None
