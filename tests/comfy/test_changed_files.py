"""What nodes read beside their inputs: a file that changed between two runs counts, though no input did."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer, Run
from comfyui import PACK

CHANNEL = (
    "mine: {{korean: 우리 벽, english: Our wall, sizes: {{wall: {{px: [{width}, 600], source: me, "
    'checked: "2026-11-28", verified: official}}}}}}'
)
GRAPH = {
    "1": {"class_type": "AdStudioChannelPreset", "inputs": {"channel": "mine"}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 2]}},
}
STAMPS = """
import os, shutil
import folder_paths
os.environ["ADSTUDIO_HOME"] = {home!r}
folder_paths.models_dir = {models!r}
folder_paths.folder_names_and_paths["loras"] = ([{models!r} + "/loras"], {{".safetensors"}})
from pack.nodes.{module} import {node}
stamp = lambda: {node}.fingerprint_inputs({inputs})
before, same = stamp(), stamp()
os.renames({waiting!r}, {place!r})
answer = [before == same, before == stamp()]
"""
STYLE = "crayon: {phrase: crayon drawing}"


def width(run: Run) -> str:
    assert run.status == "success", run.error
    return "".join(run.entry["outputs"]["2"]["text"])


def test_a_channel_that_the_user_corrects_is_looked_up_anew(server: ComfyServer):
    own = server.base / "user" / "__adstudio" / "channels.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    try:
        own.write_text(CHANNEL.format(width=800), encoding="utf-8")
        assert width(server.run(GRAPH)) == "800"
        own.write_text(CHANNEL.format(width=900), encoding="utf-8")
        assert width(server.run(GRAPH)) == "900"
        assert "1" in server.run(GRAPH).cached
    finally:
        own.unlink()


@pytest.mark.parametrize(
    ("module", "node", "inputs", "place"),
    [
        ("channels", "ChannelPreset", "channel='kakao_native'", "home/channels.yaml"),
        ("channels", "Reflow", "channels='kakao_native'", "home/channels.yaml"),
        ("channel_rules", "ChannelTemplate", "template='marketplace_white'", "home/channels.yaml"),
        ("model", "LoraStyle", "style='realistic', lora='none'", "home/styles.yaml"),
        ("model", "LoraStyle", "style='illustration', lora='by style'", "models/loras/illustration.safetensors"),
        ("model", "LoraStyle", "lora='by style'", "models/loras/illustration.safetensors"),
        ("model", "LoraStyle", "style='realistic', lora='a/b.safetensors'", "models/loras/a/b.safetensors"),
    ],
)
def test_a_file_that_comes_between_two_runs_counts(
    inside: Any, tmp_path: Path, module: str, node: str, inputs: str, place: str
):
    waiting = tmp_path / "waiting"
    if place.endswith("styles.yaml"):
        waiting.write_text(STYLE, encoding="utf-8")
    elif place.endswith("channels.yaml"):
        waiting.write_text(CHANNEL.format(width=800), encoding="utf-8")
    else:
        shutil.copy(PACK / "adstudio" / "demo" / "checkpoint" / "loras" / "watercolor.safetensors", waiting)
    paths = {"home": tmp_path / "home", "models": tmp_path / "models", "waiting": waiting, "place": tmp_path / place}
    (tmp_path / "models" / "loras").mkdir(parents=True)
    code = STAMPS.format(module=module, node=node, inputs=inputs, **{name: str(path) for name, path in paths.items()})
    assert inside(code) == [True, False]


WEIGHTS = """
import os, pathlib
import folder_paths
from pack.adstudio.imaging.cutout import rembg_models
from pack.nodes.cutout import BackgroundRemoval
rembg_models.is_installed = lambda: True
for name in ("HOME", "U2NET_HOME", "REMBG_HOME", "XDG_DATA_HOME", "ADSTUDIO_HOME"):
    os.environ[name] = {folder!r}
folder_paths.folder_names_and_paths.pop("rembg", None)
folder_paths.models_dir = {folder!r}
stamp = lambda method: BackgroundRemoval.fingerprint_inputs(method=method)
before = [stamp("auto"), stamp("geodesic")]
place = pathlib.Path({folder!r}, "rembg", "u2net.onnx")
place.parent.mkdir()
place.write_bytes(b"weights")
answer = [before[0] == stamp("auto"), before[1] == stamp("geodesic")]
"""


def test_weights_that_come_are_taken_by_auto_alone(inside: Any, tmp_path: Path):
    assert inside(WEIGHTS.format(folder=str(tmp_path))) == [False, True]
