"""An older ComfyUI beside the one of this machine: the pack has to work there, too, and to say what is lacking.

``COMFYUI_OLD_PATH`` names its folder, ``COMFYUI_OLD_PYTHON`` the Python it runs in.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import comfyui


def place() -> tuple[Path, Path]:
    """Its folder and its Python, whether they are there or not."""
    root = Path(os.environ.get("COMFYUI_OLD_PATH") or "~/comfy/ComfyUI-0.8").expanduser()
    python = Path(os.environ.get("COMFYUI_OLD_PYTHON") or "~/comfy/venv-0.8/bin/python").expanduser()
    return root, python


@cache
def problem() -> str:
    """What keeps this machine from trying the pack there; empty when nothing does."""
    root, python = place()
    if not (root / "main.py").is_file():
        return f"no older ComfyUI at {root}; set COMFYUI_OLD_PATH to one of 0.8 or later"
    if not python.exists():
        return f"no Python at {python}; set COMFYUI_OLD_PYTHON to the one that {root} runs in"
    if missing := comfyui.lacking(python):
        return f"the Python of {root} lacks {', '.join(missing)}; run: {python} -m pip install -r requirements.txt"
    return ""
