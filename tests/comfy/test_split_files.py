"""The files of ComfyUI's own Z-Image templates: offered by what they hold, drawn as the folder is."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import numpy as np
import pytest
from comfy_server import ComfyServer, Run
from PIL import Image

LOADER = "AdStudioZitLoader"


@pytest.fixture(scope="module")
def models(server: ComfyServer) -> Path:
    root = server.base / "models"
    folder = forms.build_typical(root / "diffusers" / "typical")
    forms.write_split(folder, root)
    return root


def draw(server: ComfyServer, **loader: str) -> Run:
    graph: dict[str, Any] = {
        "1": {"class_type": LOADER, "inputs": loader},
        "2": {
            "class_type": "AdStudioText2Image",
            "inputs": {
                "zit": ["1", 0],
                "text": "a red teapot",
                "aspect": "1:1",
                "width": 64,
                "height": 64,
                "seed": 3,
                "steps": 1,
                "batch": 1,
            },
        },
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "split"}},
    }
    return server.run(graph)


def pixels(run: Run) -> np.ndarray:
    assert run.status == "success", run.error
    with Image.open(io.BytesIO(run.pictures()[0][1])) as picture:
        return np.asarray(picture.convert("RGB"))


def options(server: ComfyServer, name: str) -> list[str]:
    entry = server.get(f"/object_info/{LOADER}")[LOADER]["input"]
    kind, *settings = {**entry["required"], **entry["optional"]}[name]
    return kind if isinstance(kind, list) else settings[0]["options"]


def test_files_are_offered_by_what_they_hold_and_draw_as_the_folder(server: ComfyServer, models: Path):
    assert {"typical", "three.safetensors"} <= set(options(server, "checkpoint"))
    assert options(server, "text_encoder") == ["auto", "one.safetensors"]
    assert options(server, "vae") == ["auto", "two.safetensors"]
    run = draw(server, checkpoint="three.safetensors")
    assert np.array_equal(pixels(run), pixels(draw(server, checkpoint="typical")))
    line = str(run.entry["outputs"]["1"]["text"])
    assert "one.safetensors" in line and "two.safetensors" in line


def test_several_that_fit_are_asked_about(server: ComfyServer, models: Path):
    shutil.copy(models / "vae" / "two.safetensors", models / "vae" / "again.safetensors")
    try:
        run = draw(server, checkpoint="three.safetensors")
        assert run.status == "error"
        sentence = run.error["exception_message"] if run.error else ""
        assert "again.safetensors" in sentence and "two.safetensors" in sentence
        assert pixels(draw(server, checkpoint="three.safetensors", vae="again.safetensors")).any()
    finally:
        (models / "vae" / "again.safetensors").unlink()
