"""Prepare and start the ComfyUI on this machine, from the Makefile; the work is done by ``adstudio.run.comfyui``.

python tools/comfyui.py prepare            install requirements.txt where ComfyUI lacks it
python tools/comfyui.py serve [ARGS …]     start the server; further arguments go to ComfyUI

ADSTUDIO_ALLOCATOR chooses the allocator of ``serve``, as ``adstudio serve --allocator`` does. Standard library only:
this runs before anything is installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adstudio.errors import AdStudioError
from adstudio.run.comfyui import ALLOCATORS, LINK_NAME, PACK, find, lacking, link, prepare, problem, python, serve

__all__ = ["LINK_NAME", "PACK", "find", "lacking", "link", "prepare", "problem", "python", "serve"]


def main(arguments: list[str]) -> None:
    """Run the command that the command line names."""
    allocator = os.environ.get("ADSTUDIO_ALLOCATOR") or ALLOCATORS[0]
    try:
        match arguments:
            case ["prepare"]:
                prepare()
            case ["serve", *rest]:
                serve(rest, allocator=allocator)
            case _:
                sys.exit(__doc__)
    except AdStudioError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
