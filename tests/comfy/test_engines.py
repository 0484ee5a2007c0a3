"""The workflows of other engines, run through core's own nodes on tiny checkpoints of the same architectures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from comfy_server import ComfyServer
from comfyui import PACK
from engine_server import engine_server
from PIL import Image
from shipped import api_graph, node_of, ui_graph
from warm_python import Popen

from adstudio.run import engines as engines_module
from adstudio.run.remote.runner import ComfyRunner
from adstudio.run.request import AdRequest

MODELS = yaml.safe_load((PACK / "adstudio" / "run" / "data" / "models.yaml").read_text(encoding="utf-8"))
NAMES = sorted(MODELS["workflows"])
# The others are parts of these, or the same graphs with other file names.
RUN = [
    *("12-flux2-klein-9b", "14-flux2-klein-product", "16-qwen-image-edit-masked"),
    *("17-generate-then-edit", "18-z-image-controlnet", "19-sdxl-realistic"),
]
FILES = {"unet_name", "clip_name", "vae_name", "lora_name", "ckpt_name", "control_net_name", "name", "image"}
SIDE = 256


@pytest.fixture(scope="module")
def engines(
    tmp_path_factory: pytest.TempPathFactory, inside: Callable[..., Any], warm_comfyui: Popen
) -> Iterator[ComfyServer]:
    with engine_server(tmp_path_factory.mktemp("engines"), SIDE, inside, popen=warm_comfyui) as server:
        yield server


@pytest.mark.parametrize("name", NAMES)
def test_names_nothing_that_the_host_does_not_have(server: ComfyServer, name: str):
    schemas = server.get("/object_info")
    for node in api_graph(name).values():
        parts = schemas[node["class_type"]]["input"]
        known = {**parts.get("required", {}), **parts.get("optional", {})}
        assert set(node["inputs"]) <= set(known), node["class_type"]
        assert set(parts.get("required", {})) <= set(node["inputs"]), node["class_type"]
        for key, value in node["inputs"].items():
            kind, options = known[key][0], (known[key][1] if len(known[key]) > 1 else {})
            choices = kind if isinstance(kind, list) else options.get("options")
            if isinstance(value, list) or choices is None or key in FILES:
                continue
            assert value in choices, f"{node['class_type']}.{key}"


@pytest.mark.parametrize("name", NAMES)
def test_loads_exactly_the_files_that_the_table_lists(name: str):
    named = {
        value
        for node in api_graph(name).values()
        for key, value in node["inputs"].items()
        if key in FILES and isinstance(value, str) and value.endswith(".safetensors")
    }
    assert named == {MODELS["files"][key]["file"] for key in MODELS["workflows"][name]["needs"]}


@pytest.mark.parametrize("name", RUN)
def test_runs_to_a_lettered_picture(engines: ComfyServer, name: str):
    graph = _smaller(api_graph(name))
    run = engines.run(graph, workflow=ui_graph(name))
    assert run.status == "success", run.error
    ((_, content),) = run.pictures()
    assert _pixels(content).std() > 1


@pytest.mark.parametrize(
    "given",
    [
        {"engine": "flux2-klein-9b", "count": 2},
        {"engine": "flux2-klein", "task": "composite", "products": ("example.png",)},
        {"engine": "qwen-edit", "reference": "example.png", "brief": "커피를 딸기라떼로 바꿔 주세요"},
        {"engine": "sdxl", "reference": "example.png"},
        {"engine": "sdxl", "style": "anime"},
    ],
    ids=lambda given: "-".join([given["engine"], *sorted(set(given) - {"engine", "brief"})]),
)
def test_a_request_draws_with_the_engine_that_it_names(
    engines: ComfyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
):
    monkeypatch.setattr(engines_module, "_BASE_PX", SIDE)
    told = {each["id"]: each["ready"] for each in engines.get("/adstudio/engines")["engines"]}
    assert all(told.values()), told
    monkeypatch.chdir(engines.base / "input")
    small: dict[str, Any] = {"provider": "rules", "seed": 7, "steps": 2, "width": SIDE, "height": SIDE}
    request = AdRequest(**{"brief": "가을 한정 밤라떼", "headline": "가을 밤라떼", **small, **given})
    result = ComfyRunner(engines.url, tmp_path).run(request)
    assert len(result.pictures) == request.count
    for picture, original, layout in zip(result.pictures, result.originals, result.layouts, strict=True):
        assert picture.shape == (SIDE, SIDE, 3) and original.std() > 0
        assert [block.text for block in layout.texts] == ["가을 밤라떼"]
    if request.count > 1:
        assert (result.originals[0] != result.originals[1]).any()
    assert result.report.model == request.engine and result.report.step("generate") is not None


def test_what_is_kept_of_a_product_is_its_own_photo(engines: ComfyServer):
    graph = _smaller(api_graph("16-qwen-image-edit-masked"))
    looks = {
        "kept": [node_of(graph, "ImageCompositeMasked"), 0],
        "photo": [node_of(graph, "ImageScale"), 0],
        "matte": ["as_picture", 0],
    }
    graph["as_picture"] = {
        "class_type": "MaskToImage",
        "inputs": {"mask": [node_of(graph, "AdStudioBackgroundRemoval"), 2]},
    }
    for key, source in looks.items():
        graph[key] = {"class_type": "SaveImage", "inputs": {"images": source, "filename_prefix": key}}
    run = engines.run(graph)
    assert run.status == "success", run.error
    seen = {file.split("_")[0]: _pixels(content) for file, content in run.pictures() if file.startswith(tuple(looks))}
    change = np.abs(seen["kept"] - seen["photo"]).max(axis=-1)
    inside, outside = seen["matte"][..., 0] == 255, seen["matte"][..., 0] == 0
    assert 0.02 < inside.mean() < 0.9
    assert change[inside].max() <= 1
    assert change[outside].mean() > 10


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def _smaller(graph: dict[str, Any]) -> dict[str, Any]:
    """The graph at a size and with steps that a CPU manages."""
    for node in graph.values():
        values = node["inputs"]
        for side in ("width", "height"):
            if isinstance(values.get(side), int):
                values[side] = SIDE
        if isinstance(values.get("steps"), int):
            values["steps"] = 2
        if node["class_type"] == "FluxKontextImageScale":  # it has no size to choose, and takes a megapixel
            node["class_type"] = "ImageScale"
            values |= {"upscale_method": "area", "width": SIDE, "height": SIDE, "crop": "disabled"}
        if "megapixels" in values:
            values["megapixels"] = SIDE * SIDE / 1e6
    return graph
