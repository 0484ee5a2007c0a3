"""Where users have checkpoints, on a real server: named in a file of paths, in a hub's cache, in float32, in a hub."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import numpy as np
import pytest
import torch
from comfy_server import ComfyServer
from hub_server import Hub, serving
from test_split_files import LOADER, draw, options, pixels

REPO = "Comfy-Org/z_image_turbo"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forms.build_typical(tmp_path_factory.mktemp("typical") / "folder")


@pytest.fixture(scope="module")
def hub(typical: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with ComfyUI's repository: three files, and an edition in fewer bits beside them."""
    folder = tmp_path_factory.mktemp("hub")
    transformer = forms.write_split(typical, folder / "split_files")
    shutil.copy(transformer, transformer.with_name("three_nvfp4.safetensors"))
    with serving(REPO, folder) as hub:
        yield hub


@pytest.fixture(scope="module")
def comfy(hub: Hub, typical: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A server whose models lie elsewhere, as its file of paths says."""
    base, elsewhere = tmp_path_factory.mktemp("comfyui-places"), tmp_path_factory.mktemp("elsewhere")
    forms.build_typical(elsewhere / "folders" / "wide", dtype=torch.float32)
    cache = elsewhere / "folders" / "models--org--cached"
    for number, path in enumerate(path for path in typical.rglob("*") if path.is_file()):
        blob, link = cache / "blobs" / str(number), cache / "snapshots" / COMMIT / path.relative_to(typical)
        for place in (blob, link):
            place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, blob)
        link.symlink_to(os.path.relpath(blob, link.parent))
    split = forms.write_split(typical, elsewhere / "files")
    real = split.rename(elsewhere / "3f2a")  # and a link to it, as people make them to save disk
    split.symlink_to(real)
    paths = base / "extra_model_paths.yaml"
    paths.write_text(
        f"mine:\n  base_path: {elsewhere}\n  diffusers: folders\n  diffusion_models: files/diffusion_models\n"
        "  text_encoders: files/text_encoders\n  vae: files/vae\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(base / "hf-home"))
        patch.delenv("HF_HUB_OFFLINE", raising=False)
        patch.delenv("HF_TOKEN", raising=False)
        server = ComfyServer(base)
        try:
            server.start(flags=("--cpu", "--extra-model-paths-config", str(paths)))
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def wanted(comfy: ComfyServer) -> Any:
    return pixels(draw(comfy, checkpoint="three.safetensors"))


def test_what_the_file_of_paths_names_is_offered(comfy: ComfyServer):
    assert {"wide", "models--org--cached", "three.safetensors"} <= set(options(comfy, "checkpoint"))
    assert options(comfy, "text_encoder") == ["auto", "one.safetensors"]


def test_a_folder_of_the_hubs_cache_draws_what_the_linked_file_does(comfy: ComfyServer, wanted: np.ndarray):
    run = draw(comfy, checkpoint="models--org--cached")
    assert np.array_equal(pixels(run), wanted)
    assert "org/cached" in str(run.entry["outputs"]["1"]["text"])


def test_comfyuis_repository_comes_from_the_hub(comfy: ComfyServer, hub: Hub, wanted: np.ndarray):
    assert np.array_equal(pixels(draw(comfy, checkpoint="wide", hub_id=REPO)), wanted)
    assert not any("nvfp4" in name for name in hub.sent)
    assert "Comfy-Org/z_image_turbo" in options(comfy, "checkpoint")


def test_float32_is_converted_once_when_the_user_says_so(comfy: ComfyServer):
    said = str(draw(comfy, checkpoint="wide").entry["outputs"]["1"]["text"])
    assert "float32" in said and "to_bf16" in said
    assert "wide-bf16" not in options(comfy, "checkpoint"), "nothing is written unasked"
    graph: dict[str, Any] = {"checkpoint": "wide", "to_bf16": True}
    run = draw(comfy, **graph)
    said = str(run.entry["outputs"]["1"]["text"])
    assert "wide-bf16" in said and "float32" not in said
    assert "wide-bf16" in options(comfy, "checkpoint")
    assert np.array_equal(pixels(draw(comfy, checkpoint="wide-bf16")), pixels(run))


def test_the_settings_name_the_checkpoint_where_nobody_does(comfy: ComfyServer):
    settings = comfy.base / "user" / "__adstudio" / "settings.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("checkpoint: three.safetensors\n")
    try:
        required = comfy.get(f"/object_info/{LOADER}")[LOADER]["input"]["required"]
        assert required["checkpoint"][1]["default"] == "three.safetensors"
        told = comfy.post("/adstudio/generate", {"brief": "봄", "steps": 1, "provider": "rules", "wait_s": 0})
        graph = comfy.wait(told["job"]).entry["prompt"][2]
    finally:
        settings.unlink()
    assert [each["inputs"]["checkpoint"] for each in graph.values() if each["class_type"] == LOADER] == [
        "three.safetensors"
    ]
