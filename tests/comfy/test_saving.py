"""Save Image on a real server: what it writes, and that ComfyUI shows it and reads it back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer
from PIL import Image

PHOTO = "example.png"  # scikit-image's cup of coffee
TEXT = "AI 생성 이미지"


def graph(**save: Any) -> dict[str, Any]:
    widgets = {"folder": "saving", "format": "png", "quality": 95, **save}
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": PHOTO}},
        "2": {"class_type": "AdStudioSaveImage", "inputs": {"image": ["1", 0], **widgets}},
    }


def place(server: ComfyServer, file: str) -> Path:
    (found,) = (server.base / "output" / "saving").glob(f"*/{file}")  # an original of that name lies deeper
    return found


def kept(server: ComfyServer, file: str) -> Any:
    return json.loads(place(server, file).with_suffix(".json").read_text(encoding="utf-8"))


def saved(server: ComfyServer, graph: dict[str, Any], **more: Any) -> tuple[str, bytes]:
    run = server.run(graph, **more)
    assert run.status == "success", run.error
    ((file, content),) = run.pictures()
    return file, content


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif"])
def test_a_graph_of_before_still_saves_and_the_page_gets_the_file(server: ComfyServer, format: str):
    workflow = {"nodes": [], "links": [], "version": 0.4, "extra": {"format": format}}
    file, content = saved(server, graph(format=format), workflow=workflow)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == format.upper() and picture.size == (600, 400)
    beside = kept(server, file)
    assert beside["extra"] == {"format": format} and beside["prompt"]["2"]["inputs"]["format"] == format
    assert beside["adstudio"]["report"]["versions"]["adstudio"]
    assert "disclosure" not in beside["adstudio"], "a photo of a person's is no picture of a machine's"


def test_the_new_widgets_reach_the_file(server: ComfyServer):
    file, content = saved(server, graph(format="webp", max_kb=30, ai_label=TEXT, credentials=False))
    assert len(content) <= 30_000
    beside = kept(server, file)
    origin = place(server, file).parent / beside["adstudio"]["origin"]["path"]
    with Image.open(origin) as before, Image.open(io.BytesIO(content)) as after:
        assert before.size == after.size == (600, 400)


def test_what_does_not_fit_or_cannot_be_signed_is_said_and_nothing_is_written(server: ComfyServer):
    for change, words in (({"max_kb": 3}, "does not fit into 3 kB"), ({"credentials": True}, "certificate")):
        run = server.run(graph(folder="refused", **change))
        assert run.status == "error" and words in json.dumps(run.error)
    folder = server.base / "output" / "refused"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


CASES = """
import pathlib, tempfile
from types import SimpleNamespace
import torch
from pack.nodes import _folders, _host
from pack.nodes.output import SaveImage
from pack.adstudio.output.disclosure import read_source_type
from pack.adstudio.output.metadata import read_metadata

graph = {"1": {"class_type": "KSampler", "inputs": {}}}
hidden = SimpleNamespace(prompt=graph, extra_pnginfo={"workflow": {}}, unique_id=None)
answer = {}
with tempfile.TemporaryDirectory() as folder:
    _folders.output_folder = lambda: pathlib.Path(folder)
    for off in (False, True):
        _host.args.disable_metadata = off
        node = type("Node", (SaveImage,), {"hidden": hidden})
        node.execute(torch.full((1, 32, 32, 3), 0.1 + 0.2 * off), f"off-{off}", "png", 95)
        (path,) = (pathlib.Path(folder) / f"off-{off}").rglob("*.png")
        files = [file for file in path.parent.parent.rglob("*") if file.is_file()]
        answer[str(off)] = [sorted(read_metadata(path)), len(files), read_source_type(path)]
"""


def test_without_metadata_only_the_mark_for_machines_is_written(inside: Any):
    seen = inside(CASES)
    mark = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert seen["False"] == [["adstudio", "prompt", "workflow"], 2, mark]
    assert seen["True"] == [[], 1, mark]
