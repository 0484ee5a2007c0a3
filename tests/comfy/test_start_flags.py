"""Whatever memory flag ComfyUI is started with: a picture, everything given back, and the same picture again.

A machine without a GPU starts ComfyUI with ``--cpu``, which excludes some of the flags. There, those start it on the
processor as a GPU of another maker (``processor_as_gpu``): ComfyUI takes the flag and the roads that it opens, but
moves no weights. What that does to the model manager is tested in ``test_budget.py``.
"""

from __future__ import annotations

import copy
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import comfyui
import pytest
from comfy_server import ComfyServer
from shipped import api_graph, node_of
from warm_python import Popen

# "--cpu" is not among them: the server of all other tests is started with it.
FLAGS = (
    "--lowvram",
    "--novram",
    "--highvram",
    "--gpu-only",
    "--disable-dynamic-vram",
    "--disable-smart-memory",
)
STATES = {"--lowvram": "LOW_VRAM", "--novram": "NO_VRAM", "--highvram": "HIGH_VRAM", "--gpu-only": "HIGH_VRAM"}
HERE = Path(__file__).parent
PARSE = "import comfy.options; comfy.options.enable_args_parsing(); import comfy.cli_args"


@cache
def ask_comfyui(*arguments: str) -> bool:
    """Whether a call of ComfyUI's Python ends well."""
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    assert python is not None
    return subprocess.run([str(python), *arguments], cwd=root, capture_output=True, check=False).returncode == 0


def start_flags(flag: str, packs: Path) -> list[str]:
    """The flags to start with; puts into ``packs`` what this machine needs for them."""
    if ask_comfyui("-c", "import sys, torch; sys.exit(not torch.cuda.is_available())"):
        return [flag]
    if ask_comfyui("-c", PARSE, "--cpu", flag):
        return ["--cpu", flag]
    shutil.copytree(HERE / "processor_as_gpu", packs / "processor_as_gpu")
    return ["--directml", "0", flag]


@pytest.mark.parametrize("flag", FLAGS)
def test_a_picture_under_every_flag(flag: str, tmp_path: Path, warm_comfyui: Popen):
    graph: dict[str, Any] = copy.deepcopy(api_graph("01-text-to-image-ad"))
    graph[node_of(graph, "AdStudioText2Image")]["inputs"] |= {"width": 256, "height": 256, "steps": 2, "seed": 1}
    packs = tmp_path / "custom_nodes"
    packs.mkdir()
    flags = start_flags(flag, packs)
    shutil.copy(HERE / "probe.py", packs / "adstudio_probe.py")
    server, pictures = ComfyServer(tmp_path, popen=warm_comfyui), []
    server.start(flags=flags)
    try:
        assert STATES.get(flag) in (None, server.get("/adstudio_probe/memory")["vram_state"])
        for _ in range(2):
            run = server.run(graph)
            assert run.status == "success", run.error
            assert node_of(graph, "AdStudioText2Image") not in run.cached
            pictures.append(run.pictures())
            server.free()
            assert is_nothing_loaded(server)
    finally:
        server.stop()
    assert pictures[0]
    assert pictures[0] == pictures[1]


def is_nothing_loaded(server: ComfyServer) -> bool:
    """Whether the manager has let go of every model and every patcher of its bytes."""
    seen = server.get("/adstudio_probe/memory")
    return not seen["loaded"] and not sum(seen["patcher_bytes"])
