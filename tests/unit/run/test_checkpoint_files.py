"""The files of ComfyUI's templates on the command line: found, chosen between, and told about in the report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import pytest

from adstudio.run.request import AdRequest
from adstudio.run.wire import to_record

GENERATE = ("generate", "딸기 라떼", "--steps", 1, "--size", "64x64", "--seed", 7, "--no-text", "--json", "--quiet")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return forms.write_split(forms.build_typical(tmp_path / "folder"), tmp_path / "models")


def test_a_file_is_drawn_with_and_what_fits_twice_is_asked(adstudio: Any, file: Path, tmp_path: Path) -> None:
    vae = file.parents[1] / "vae" / "two.safetensors"
    shutil.copy(vae, vae.with_name("again.safetensors"))
    asked = adstudio(*GENERATE, "--checkpoint", file, "--out", tmp_path / "out").envelope
    assert asked["error"]["code"] == "checkpoint.ambiguous"
    assert "again.safetensors" in asked["error"]["message"]
    assert not (tmp_path / "out").exists(), "asked before anything is done"

    said = adstudio(*GENERATE, "--checkpoint", file, "--vae", vae, "--out", tmp_path / "out")
    assert said.code == 0, said.out
    steps = {step["name"]: step for step in said.envelope["report"]["steps"]}
    assert "The VAE is stored in float32" in " ".join(steps["load"]["notes"])
    assert said.envelope["report"]["model"] == "three.safetensors"


def test_a_record_names_the_choices_without_their_folders() -> None:
    request = AdRequest(brief="x", checkpoint="/home/me/z.safetensors", vae="/home/me/ae.safetensors")
    assert "/home" not in json.dumps(to_record(request))
    assert AdRequest.from_dict(request.to_dict()) == request
