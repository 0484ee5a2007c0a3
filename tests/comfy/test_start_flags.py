"""Whatever memory flag ComfyUI is started with: a picture, everything given back, and the same picture again.

A machine without a GPU starts ComfyUI with ``--cpu`` only, which excludes some of the flags; those need a GPU here, and
what they do to the model manager is also tested in ``test_budget.py`` on any machine.
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
PARSE = "import comfy.options; comfy.options.enable_args_parsing(); import comfy.cli_args"


@cache
def ask_comfyui(*arguments: str) -> bool:
    """Whether a call of ComfyUI's Python ends well."""
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    assert python is not None
    return subprocess.run([str(python), *arguments], cwd=root, capture_output=True, check=False).returncode == 0


def start_flags(flag: str) -> list[str]:
    """The flags to start with; the test is skipped where this machine cannot."""
    if ask_comfyui("-c", "import sys, torch; sys.exit(not torch.cuda.is_available())"):
        return [flag]
    if not ask_comfyui("-c", PARSE, "--cpu", flag):
        pytest.skip(f"without a GPU ComfyUI needs --cpu, and it does not take {flag} beside it")
    return ["--cpu", flag]


@pytest.mark.parametrize("flag", FLAGS)
def test_a_picture_under_every_flag(flag: str, tmp_path: Path, warm_comfyui: Popen):
    graph: dict[str, Any] = copy.deepcopy(api_graph("01-text-to-image-ad"))
    graph[node_of(graph, "AdStudioText2Image")]["inputs"] |= {"width": 256, "height": 256, "steps": 2, "seed": 1}
    flags = start_flags(flag)
    (tmp_path / "custom_nodes").mkdir()
    shutil.copy(Path(__file__).parent / "probe.py", tmp_path / "custom_nodes" / "adstudio_probe.py")
    server, pictures = ComfyServer(tmp_path, popen=warm_comfyui), []
    server.start(flags=flags)
    try:
        for _ in range(2):
            run = server.run(graph)
            assert run.status == "success", run.error
            assert node_of(graph, "AdStudioText2Image") not in run.cached
            pictures.append(run.pictures())
            server.free(lambda: is_nothing_loaded(server))
    finally:
        server.stop()
    assert pictures[0]
    assert pictures[0] == pictures[1]


def is_nothing_loaded(server: ComfyServer) -> bool:
    """Whether the manager has let go of every model and every patcher of its bytes."""
    seen = server.get("/adstudio_probe/memory")
    return not seen["loaded"] and not sum(seen["patcher_bytes"])
