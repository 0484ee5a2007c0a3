"""Which workflows of other engines can run here: by the files that are really there, whole, with their licences."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from adstudio.run import readiness
from adstudio.run.readiness import check_workflows, find_in

ROOT = Path(__file__).resolve().parents[3]
TABLE = yaml.safe_load((ROOT / "adstudio/run/data/models.yaml").read_text(encoding="utf-8"))


def put(models: Path, key: str) -> Path:
    """A whole safetensors file with no tensors under a model's name."""
    entry = TABLE["files"][key]
    path = models / entry["folder"] / entry["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    return path


def by_name(models: Path) -> dict[str, readiness.Readiness]:
    return {each.workflow: each for each in check_workflows(find_in([models]))}


def test_a_workflow_is_ready_once_every_file_is_there(tmp_path: Path) -> None:
    name = "11-flux2-klein-4b"
    *most, last = TABLE["workflows"][name]["needs"]
    for key in most:
        put(tmp_path, key)
        assert not by_name(tmp_path)[name].is_ready
    put(tmp_path, last)
    found = by_name(tmp_path)
    assert found[name].is_ready
    assert found["14-flux2-klein-product"].is_ready, "it needs the same files"
    assert not found["17-generate-then-edit"].is_ready
    missing = {file.id for file, state in found["17-generate-then-edit"].files if state == "missing"}
    assert missing == set(TABLE["workflows"]["17-generate-then-edit"]["needs"]) - {*most, last}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    ],
    ids=["cut short", "empty", "a git-lfs pointer"],
)
def test_a_file_that_is_not_whole_does_not_count(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    for key in TABLE["workflows"]["18-z-image-controlnet"]["needs"]:
        spoil(put(tmp_path, key))
    found = by_name(tmp_path)["18-z-image-controlnet"]
    assert not found.is_ready
    assert {state for _, state in found.files} == {"damaged"}


def test_a_licence_that_forbids_business_or_is_not_known_is_said(tmp_path: Path) -> None:
    found = by_name(tmp_path)
    assert found["11-flux2-klein-4b"].is_commercial is True
    assert found["12-flux2-klein-9b"].is_commercial is False
    assert found["21-sdxl-anime"].is_commercial is None


def test_every_file_says_where_it_comes_from_and_every_one_is_needed() -> None:
    for key, entry in TABLE["files"].items():
        assert {"file", "folder", "hub", "gb", "size", "licence", "commercial", "source", "checked"} <= set(entry), key
        assert entry["size"] in ("counted", "stated")
        assert entry["hub"].count("/") == 1
    needed = {key for entry in TABLE["workflows"].values() for key in entry["needs"]}
    assert needed == set(TABLE["files"])


def test_the_doctor_says_what_is_ready_and_what_to_fetch(adstudio: Any, tmp_path: Path) -> None:
    put(tmp_path, "zit_controlnet")
    said = adstudio("doctor", "--workflows", "--models", tmp_path)
    assert said.code == 0
    lines = said.out.splitlines()
    assert "ready    18-z-image-controlnet" in lines
    assert "waiting  12-flux2-klein-9b" in lines
    assert any(
        "models/diffusion_models/flux-2-klein-9b.safetensors" in line and "Non-Commercial" in line for line in lines
    )
    told = json.loads(adstudio("doctor", "--workflows", "--models", tmp_path, "--json").out)
    states = {each["workflow"]: each["ready"] for each in told["workflows"]}
    assert states["18-z-image-controlnet"] and not states["19-sdxl-realistic"]


def test_a_models_folder_that_is_not_there_is_refused(adstudio: Any, tmp_path: Path) -> None:
    said = adstudio("doctor", "--workflows", "--models", tmp_path / "nowhere")
    assert said.code == 1
    assert "nowhere" in said.err
