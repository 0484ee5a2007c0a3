"""Rules that nodes share, tried on the nodes themselves in ComfyUI's own Python."""

from __future__ import annotations

from typing import Any

import pytest

from adstudio.run.request import MAX_COUNT, MAX_KB, MAX_STEPS

CASES = """
import asyncio, pathlib, tempfile
from types import SimpleNamespace
import execution, nodes, torch
from pack.nodes import _folders, _io
from pack.nodes.cutout import BackgroundRemoval
from pack.nodes.generate import Image2Image, Text2Image
from pack.nodes.layout import TextLayoutAnalyzer
from pack.nodes.model import ZitLoader
from pack.nodes.output import SaveImage
from pack.nodes.prompt import PromptProcessor
from pack.adstudio.errors import InputError

def refusal(call):
    try:
        call()
    except InputError as error:
        return error.code
    return None

def accepted(precision):
    nodes.NODE_CLASS_MAPPINGS["AdStudioZitLoader"] = ZitLoader
    values = {"checkpoint": "demo (embedded)", "precision": precision}
    graph = {"1": {"class_type": "AdStudioZitLoader", "inputs": values}}
    told = asyncio.run(execution.validate_inputs("run", graph, "1", {}))
    return [told[0], str(told[1])]

zit = SimpleNamespace(checkpoint=SimpleNamespace(grid_px=16, base_px=1024))
draw = {"zit": zit, "aspect": "16:9", "seed": 0, "steps": 1, "batch": 1, "text": "a cup"}
three, two = torch.rand((3, 32, 32, 3)), torch.rand((2, 32, 32, 3))
masks = torch.zeros((2, 32, 32)); masks[:, 8:24, 8:24] = 1
with tempfile.TemporaryDirectory() as folder:
    _folders.output_folder = lambda: pathlib.Path(folder)
    save = {"folder": "ads", "format": "png", "quality": 95}
    cuts = {
        turned: BackgroundRemoval.execute(two, "mask", turned, 0.0, mask=1 - masks if turned else masks)[2]
        for turned in (False, True)
    }
    answer = {
        "width alone": refusal(lambda: Text2Image.execute(**draw, width=1024)),
        "height alone": refusal(lambda: Text2Image.execute(**draw, height=1024)),
        "masks to redraw": refusal(lambda: Image2Image.execute(zit, 0.5, 0, 1, image=three, mask=masks, text="a cup")),
        "masks to cut": refusal(lambda: BackgroundRemoval.execute(three, "mask", False, 0.0, mask=masks)),
        "masks to keep clear": refusal(
            lambda: asyncio.run(TextLayoutAnalyzer.execute(three, "봄", "", "auto", keep_clear=masks))
        ),
        "originals": refusal(lambda: SaveImage.execute(three, **save, original=two)),
        "files": len(list(pathlib.Path(folder).rglob("*.png"))),
        "inverted": [bool(torch.equal(cuts[True], cuts[False])), cuts[True][:, 12:20, 12:20].mean().item()],
        "least strength": next(each.min for each in Image2Image.define_schema().inputs if each.id == "strength"),
        "most": {
            f"{node.__name__}.{each.id}": each.max
            for node in (Text2Image, Image2Image, SaveImage, PromptProcessor)
            for each in node.define_schema().inputs
            if each.id in ("steps", "batch", "max_kb", "quality", "variants")
        },
        "precisions": next(each.options for each in ZitLoader.define_schema().inputs if each.id == "precision"),
        "accepted": {name: accepted(name) for name in ("bf16", "fp8 weights", "fp8 products", "int4")},
        "one for all": [each is None for each in _io.masks_for(None, 2)]
        + [float(each.mean()) for each in _io.masks_for(masks[:1], 2)],
    }
"""

REFUSALS = {
    "width alone": "request.half_a_size",
    "height alone": "request.half_a_size",
    "masks to redraw": "mask.count",
    "masks to cut": "mask.count",
    "masks to keep clear": "mask.count",
    "originals": "original.count",
}


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


@pytest.mark.parametrize("case", REFUSALS)
def test_what_does_not_belong_together_is_refused(seen: dict[str, Any], case: str):
    assert seen[case] == REFUSALS[case]


def test_refusing_saves_nothing(seen: dict[str, Any]):
    assert seen["files"] == 0


def test_one_mask_serves_every_picture(seen: dict[str, Any]):
    assert seen["one for all"] == [True, True, 0.25, 0.25]


def test_inverted_masks_cut_out_the_same(seen: dict[str, Any]):
    same, middle = seen["inverted"]
    assert same
    assert middle > 0.9


def test_the_least_strength_still_draws(seen: dict[str, Any]):
    assert seen["least strength"] > 0, "a strength of 0 is refused, so the form must not offer it"


def test_a_node_takes_as_much_as_a_request_may_ask(seen: dict[str, Any]) -> None:
    most = {"steps": MAX_STEPS, "batch": MAX_COUNT, "variants": MAX_COUNT, "max_kb": MAX_KB, "quality": 100}
    assert len(seen["most"]) == 6
    assert seen["most"] == {name: most[name.partition(".")[2]] for name in seen["most"]}


def test_a_graph_saved_with_a_precision_that_is_no_longer_offered_still_runs(seen: dict[str, Any]):
    assert seen["precisions"] == ["bf16", "fp8 weights"]
    assert {name: is_valid for name, (is_valid, _) in seen["accepted"].items()} == {
        "bf16": True, "fp8 weights": True, "fp8 products": True, "int4": False,
    }  # fmt: skip
    assert "'int4' is not known. Use one of bf16, fp8 weights." in seen["accepted"]["int4"][1]
