"""What the panel sends for another engine draws what the server's own client draws, which the tier comfy runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adstudio.run.engines import size_of
from adstudio.run.panel import tell_engines
from adstudio.run.remote.filling import fill
from adstudio.run.remote.uploads import Photo, Photos
from adstudio.run.request import AdRequest

ROOT = Path(__file__).parents[3]
NODE = shutil.which("node")
SCRIPT = """
import { readFileSync } from "node:fs";
const [root, asked] = process.argv.slice(1);
const { BLANK, fill, templateOf } = await import(`${root}/web/js/panel/wishes.js`);
const { wishes, engines, schema } = JSON.parse(asked);
const whole = { ...BLANK, ...wishes };
const template = JSON.parse(readFileSync(`${root}/workflows/${templateOf(whole, engines)}`, "utf8"));
const offered = { engines, schemas: { AdStudioLanguageModel: schema }, locked: {} };
console.log(JSON.stringify(fill(template, whole, { channel: "", seed: 7 }, offered).prompt()));
"""
WRITER = {
    "input": {
        "required": {
            "provider": ["COMBO", {"options": ["auto", "rules"]}],
            "language_model": ["STRING", {"default": ""}],
        }
    },
    "input_order": {"required": ["provider", "language_model"]},
    "output": ["ADSTUDIO_WRITER"],
    "output_name": ["writer"],
}
DRAWING = {
    *("UNETLoader", "CLIPLoader", "VAELoader", "LoraLoaderModelOnly", "CheckpointLoaderSimple", "EmptyLatentImage"),
    *("EmptyFlux2LatentImage", "Flux2Scheduler", "RandomNoise", "KSampler", "TextEncodeQwenImageEditPlus", "LoadImage"),
}
PHOTO = {"name": "adstudio/a.png", "url": "", "title": "a.png"}


def drawn_by(graph: dict[str, Any]) -> list[str]:
    """Every node that decides the picture, with its values; links are left out, as their numbers differ."""
    found = []
    for node in graph.values():
        values = [(name, _plain(value)) for name, value in node["inputs"].items() if not isinstance(value, list)]
        if node["class_type"] in DRAWING:
            found.append(f"{node['class_type']} {sorted(values)}")
    return sorted(found)


def _plain(value: Any) -> str:
    return str(float(value) if isinstance(value, int) else value)  # JavaScript writes 1.0 as 1


@pytest.mark.skipif(NODE is None, reason="no node found; install Node.js 20 or newer (Debian: apt install nodejs)")
@pytest.mark.parametrize(
    ("wishes", "asked"),
    [
        ({"engine": "flux2-klein", "aspect": "16:9"}, {"engine": "flux2-klein", "aspect": "16:9"}),
        ({"engine": "flux2-klein-9b-fp8"}, {"engine": "flux2-klein-9b-fp8"}),
        ({"engine": "sdxl", "aspect": "1:1"}, {"engine": "sdxl", "aspect": "1:1"}),
        (
            {"engine": "flux2-klein", "photo": PHOTO},
            {"engine": "flux2-klein", "task": "composite", "products": ("a.png",)},
        ),
        (
            {"mode": "edit", "way": "instruction", "picture": PHOTO, "instruction": "커피를 딸기라떼로"},
            {"engine": "qwen-edit", "reference": "a.png", "brief": "커피를 딸기라떼로"},
        ),
    ],
    ids=["klein", "klein-9b", "sdxl", "product", "instruction"],
)
def test_panel_and_client_draw_alike(wishes: dict[str, Any], asked: dict[str, Any]):
    question = {
        "wishes": {"brief": "가을 밤라떼", **wishes},
        "engines": tell_engines(lambda kind, name: None),
        "schema": WRITER,
    }
    run = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT, str(ROOT), json.dumps(question)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    request = AdRequest(**{"brief": "가을 밤라떼", "aspect": "4:5", "seed": 7, **asked})
    photo = Photo("a.png", b"")
    photos = Photos(
        reference=photo if request.reference else None,
        products=(photo,) if request.products else (),
        size=size_of(request, (640, 448)) if request.reference else None,
    )
    sent = fill(request, photos, {"a.png": "adstudio/a.png"}).graph.nodes
    assert drawn_by(json.loads(run.stdout)) == drawn_by(sent)
    assert len(drawn_by(sent)) >= 3
