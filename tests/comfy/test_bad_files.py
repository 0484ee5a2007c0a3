"""Files that cannot be used: each is refused in a sentence, and the same server then draws on."""

from __future__ import annotations

import io
import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_server import ComfyServer, Rejected, Run
from comfyui import PACK
from PIL import Image
from shipped import api_graph, node_of
from sklearn.datasets import load_sample_image

GENERATE, REDRAW, COMPOSITE = "01-text-to-image-ad", "02-image-to-image-ad", "03-product-composite"
EMBEDDED = PACK / "adstudio" / "demo" / "checkpoint"


def with_values(name: str, node: str, **values: Any) -> dict[str, Any]:
    graph = api_graph(name)
    graph[node_of(graph, node)]["inputs"] |= values
    return graph


def refusal(run: Run, family: str) -> str:
    assert run.status == "error"
    assert run.error is not None
    assert run.error["exception_type"] == f"adstudio.{family}", run.error["exception_message"]
    assert not run.pictures()
    return run.error["exception_message"]


def broken_checkpoint(server: ComfyServer, name: str) -> Path:
    folder = server.base / "models" / "diffusers" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EMBEDDED, folder)
    return folder


def test_a_checkpoint_cut_off_while_downloading(server: ComfyServer):
    weights = next((broken_checkpoint(server, "cut-off") / "transformer").glob("*.safetensors"))
    with weights.open("r+b") as file:
        file.truncate(weights.stat().st_size // 2)
    sentence = refusal(server.run(with_values(GENERATE, "AdStudioZitLoader", checkpoint="cut-off")), "ModelError")
    assert weights.name in sentence


def test_a_checkpoint_with_a_part_missing(server: ComfyServer):
    shutil.rmtree(broken_checkpoint(server, "no-encoder") / "text_encoder")
    sentence = refusal(server.run(with_values(GENERATE, "AdStudioZitLoader", checkpoint="no-encoder")), "ModelError")
    assert "text_encoder" in sentence


def test_a_folder_that_is_no_checkpoint_is_not_offered(server: ComfyServer):
    shutil.rmtree(broken_checkpoint(server, "no-vae") / "vae")
    with pytest.raises(Rejected) as refused:
        server.queue(with_values(GENERATE, "AdStudioZitLoader", checkpoint="no-vae"))
    errors = [error["type"] for node in refused.value.body["node_errors"].values() for error in node["errors"]]
    assert errors == ["value_not_in_list"]


def test_an_adapter_of_another_model(server: ComfyServer):
    folder = server.base / "models" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_k"
    shapes = {f"{key}.lora_down.weight": [4, 320], f"{key}.lora_up.weight": [320, 4], f"{key}.alpha": []}
    header, size = {}, 0
    for name, shape in shapes.items():
        length = 2 * (shape[0] * shape[1] if shape else 1)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [size, size + length]}
        size += length
    text = json.dumps(header).encode()
    (folder / "other.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
    sentence = refusal(server.run(with_values(GENERATE, "AdStudioLoraStyle", lora="other.safetensors")), "ModelError")
    assert "other" in sentence


@pytest.mark.parametrize("name", [REDRAW, COMPOSITE])
@pytest.mark.parametrize("size", [(1, 1), (4000, 1)])
def test_a_photo_too_small_to_use(server: ComfyServer, name: str, size: tuple[int, int]):
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, "png")
    photo = server.upload(f"{size[0]}x{size[1]}.png", content.getvalue())
    assert refusal(server.run(with_values(name, "LoadImage", image=photo)), "InputError")


@pytest.mark.parametrize("mode", ["RGBA", "L", "CMYK", "I;16", "P"])
def test_photos_of_every_mode_become_ads(server: ComfyServer, mode: str):
    """What a phone, a scanner or a print shop hands out; of a flower, which is told from its ground without colours."""
    picture = Image.fromarray(load_sample_image("flower.jpg"))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
        assert picture.mode == mode
    else:
        picture = picture.convert(mode)
    content = io.BytesIO()
    form = "tiff" if mode == "CMYK" else "png"
    picture.save(content, form)
    photo = server.upload(f"{mode.replace(';', '')}.{form}", content.getvalue())
    run = server.run(with_values(COMPOSITE, "LoadImage", image=photo))
    assert run.status == "success", run.error


def test_the_server_draws_on_after_all_of_these(server: ComfyServer):
    run = server.run(with_values(GENERATE, "AdStudioText2Image", seed=3))
    assert run.status == "success", run.error
