"""Styles on a real server: they come and go between runs, and the model they leave is the one they found."""

from __future__ import annotations

import copy
import shutil
from typing import Any

import pytest
from comfy_server import ComfyServer, Run
from comfyui import PACK
from shipped import api_graph, node_of

GENERATE = "01-text-to-image-ad"
OWN = PACK / "adstudio" / "demo" / "checkpoint" / "loras"


@pytest.fixture
def graph(server: ComfyServer) -> dict[str, Any]:
    folder = server.base / "models" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(OWN / "watercolor.safetensors", folder / "mine.safetensors")
    found = copy.deepcopy(api_graph(GENERATE))
    found[node_of(found, "AdStudioText2Image")]["inputs"] |= {"steps": 2, "seed": 4}
    return found


def draw(server: ComfyServer, graph: dict[str, Any], **values: Any) -> Run:
    asked = copy.deepcopy(graph)
    asked[node_of(asked, "AdStudioLoraStyle")]["inputs"] |= values
    run = server.run(asked)
    assert run.status == "success", run.error
    return run


def name_of(run: Run) -> str:
    """A saved picture's name is the hash of its pixels."""
    ((file, _),) = run.pictures()
    return file


def test_a_style_comes_and_goes_and_leaves_the_model_as_it_was(server: ComfyServer, graph: dict[str, Any]):
    bare = name_of(draw(server, graph, lora="none"))
    styled = name_of(draw(server, graph, lora="mine.safetensors"))
    stronger = name_of(draw(server, graph, lora="mine.safetensors", weight=1.5))
    assert len({bare, styled, stronger}) == 3
    # Each of these is drawn anew: another weight is another input to ComfyUI.
    assert name_of(draw(server, graph, lora="mine.safetensors", weight=0.0)) == bare
    server.free()
    assert name_of(draw(server, graph, lora="mine.safetensors", weight=1.0)) == styled
    assert name_of(draw(server, graph, lora="none", weight=0.5)) == bare
