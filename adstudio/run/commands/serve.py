"""``adstudio serve``: start the ComfyUI of this machine with this pack linked in."""

from __future__ import annotations

import argparse
import os
from typing import Any

from .. import comfyui


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "serve",
        help="start the ComfyUI at COMFYUI_PATH with this pack linked in",
        description="Starts ComfyUI in this process' place, with the pack linked in and what it needs installed. "
        "COMFYUI_PATH names its folder, COMFYUI_PYTHON its Python. Arguments after -- go to ComfyUI, for example: "
        "adstudio serve -- --listen 127.0.0.1 --port 8188",
    )
    parser.add_argument(
        "--allocator",
        choices=comfyui.ALLOCATORS,
        default=os.environ.get("ADSTUDIO_ALLOCATOR") or comfyui.ALLOCATORS[0],
        help="who allocates CUDA memory: what ComfyUI chooses, PyTorch's own, or PyTorch's with expandable segments; "
        "auto takes the last where ComfyUI runs without dynamic VRAM, see docs/deploy-l4.md (auto)",
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGS", help="handed on to ComfyUI")
    parser.set_defaults(command=run, json=False, quiet=False)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Start ComfyUI; this returns only where it cannot be started."""
    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    comfyui.serve(arguments, allocator=options.allocator)
    return {}
