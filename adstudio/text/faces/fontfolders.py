"""Where fonts lie on this machine: the folders that the user names, and the system's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OWN_FOLDERS = "ADSTUDIO_FONTS"
COMPRESSED = {".woff", ".woff2"}
SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"} | COMPRESSED


def own_folders() -> list[Path]:
    """The folders that ``ADSTUDIO_FONTS`` names, separated as in ``PATH``."""
    return [Path(part).expanduser() for part in os.environ.get(OWN_FOLDERS, "").split(os.pathsep) if part]


def search_in(folders: Iterable[Path]) -> None:
    """Count more folders among the user's, after those that ``ADSTUDIO_FONTS`` names already."""
    known = own_folders()
    os.environ[OWN_FOLDERS] = os.pathsep.join(map(str, dict.fromkeys([*known, *folders])))


def system_folders() -> list[Path]:
    """The folders in which the system and its user keep fonts."""
    home = Path("~").expanduser()
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", r"C:\Windows"), "Fonts"), home / "AppData/Local/Microsoft/Windows/Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data = os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    return [*(Path(part, "fonts") for part in [*shared.split(":"), data] if part), home / ".fonts"]


def font_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Every font file in the folders and below, each once, always in the same order."""
    seen: set[Path] = set()
    for folder in folders:
        for root, _, names in sorted(os.walk(folder)):
            for path in (Path(root, name) for name in sorted(names)):
                if path.suffix.lower() in SUFFIXES and path not in seen:
                    seen.add(path)
                    yield path
