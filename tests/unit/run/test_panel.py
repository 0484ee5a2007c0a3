"""What the panel is told: engines with their files, and which checkpoints open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adstudio import config
from adstudio.engine.forms.checkpoint import open_checkpoint
from adstudio.run.engines import ENGINES
from adstudio.run.panel import tell_checkpoints, tell_engines, tell_locked, tell_wordless
from adstudio.run.readiness import check_workflows

KLEIN = ("11-flux2-klein-4b", "14-flux2-klein-product")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A file with the head of real weights."""
    path = tmp_path / "any.safetensors"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    return path


def test_an_engine_is_ready_with_all_its_files_and_tells_the_rest(real: Path):
    wanted = {
        file.file
        for each in check_workflows(lambda kind, name: None)
        if each.workflow in KLEIN
        for file, _ in each.files
    }
    assert len(wanted) == 3
    told = {each["id"]: each for each in tell_engines(lambda kind, name: real if name in wanted else None)}
    assert list(told) == list(ENGINES)
    assert {name for name, each in told.items() if each["ready"]} == {"zit", "flux2-klein"}
    assert told["flux2-klein"]["workflows"] == {"words": KLEIN[0], "photo": "", "composite": KLEIN[1]}
    assert told["flux2-klein"]["sizes"]["1:1"] == (1024, 1024)
    (missing,) = (each for each in told["flux2-klein-9b-fp8"]["files"] if "9b" in each["place"])
    assert missing["state"] == "missing" and missing["place"] == "diffusion_models/flux-2-klein-9b-fp8.safetensors"
    assert missing["hub"] == "black-forest-labs/FLUX.2-klein-9b-fp8" and missing["gb"] > 9


def test_an_engine_that_this_comfyui_cannot_draw_with_is_left_out():
    told = [each["id"] for each in tell_engines(lambda kind, name: None, {"flux2-klein": "It is too old."})]
    assert told == [name for name in ENGINES if name != "flux2-klein"]


def test_whether_ads_may_be_sold_is_as_sure_as_its_least_sure_file():
    told = {each["id"]: each["commercial"] for each in tell_engines(lambda kind, name: None)}
    assert told == {
        "zit": True,
        "flux2-klein": True,
        "flux2-klein-9b": False,
        "flux2-klein-9b-fp8": False,
        "qwen-edit": True,
        "sdxl": None,
    }


def test_a_checkpoint_that_does_not_open_is_told_with_the_reason(tmp_path: Path):
    for name in ("whole", "cut-off", "no-encoder"):
        shutil.copytree(config.EMBEDDED_CHECKPOINT, tmp_path / name)
    weights = next((tmp_path / "cut-off" / "transformer").glob("*.safetensors"))
    with weights.open("r+b") as file:
        file.truncate(weights.stat().st_size // 2)
    shutil.rmtree(tmp_path / "no-encoder" / "text_encoder")
    names = ["cut-off", "no-encoder", "whole"]
    told = {each["name"]: each for each in tell_checkpoints(names, lambda name: open_checkpoint(tmp_path / name))}
    assert {name: each["code"] for name, each in told.items()} == {
        "cut-off": "checkpoint.truncated",
        "no-encoder": "checkpoint.file_missing",
        "whole": "",
    }
    assert weights.name in told["cut-off"]["message"] and told["cut-off"]["hint"]


def test_channels_that_take_their_own_template_alone_are_told():
    assert tell_locked() == [
        {"channel": "kakao_bizboard", "template": "kakao_bizboard", "words": True},
        {"channel": "coupang", "template": "marketplace_white", "words": False},
    ]


def test_channels_that_take_no_words_are_told():
    assert tell_wordless() == ["google_merchant", "google_merchant:apparel"]
