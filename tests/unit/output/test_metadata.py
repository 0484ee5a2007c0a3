"""Records in saved files: ComfyUI finds its graph, and ours comes back as it went in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture

PICTURE = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
GRAPH = {"3": {"class_type": "AdStudioText2Image", "inputs": {"brief": "딸기 라떼"}}}
RECORD = {"seed": 7, "request": {"brief": "봄 신메뉴 — “딸기”"}, "report": {"status": "done"}}
ALL = {"prompt": GRAPH, "workflow": {"nodes": [1, 2]}, "adstudio": RECORD}


@pytest.mark.parametrize("format", ["png", "webp"])
def test_everything_comes_back(tmp_path: Path, format: str) -> None:
    assert read_metadata(save_picture(PICTURE, tmp_path, format=format, metadata=ALL).path) == ALL


def test_a_jpeg_keeps_our_record_alone(tmp_path: Path) -> None:
    assert read_metadata(save_picture(PICTURE, tmp_path, format="jpeg", metadata=ALL).path) == {"adstudio": RECORD}


def test_comfyui_finds_its_graph_in_a_png_as_latin_text_chunks(tmp_path: Path) -> None:
    path = save_picture(PICTURE, tmp_path, metadata=ALL).path
    data = path.read_bytes()
    assert b"tEXtprompt\0{" in data and b"tEXtworkflow\0{" in data
    assert json.loads(Image.open(path).info["prompt"]) == GRAPH


def test_comfyui_finds_its_graph_in_a_webp_under_its_two_tags(tmp_path: Path) -> None:
    exif = Image.open(save_picture(PICTURE, tmp_path, format="webp", metadata=ALL).path).getexif()
    assert json.loads(exif[0x0110].removeprefix("prompt:")) == GRAPH
    assert json.loads(exif[0x010F].removeprefix("workflow:")) == {"nodes": [1, 2]}


def test_without_metadata_nothing_is_written(tmp_path: Path) -> None:
    for format in ("png", "jpeg", "webp"):
        path = save_picture(PICTURE, tmp_path, format=format).path
        assert read_metadata(path) == {}
        assert b"Exif" not in path.read_bytes() and b"EXIF" not in path.read_bytes()


def test_a_record_too_long_for_a_jpeg_is_left_out_and_said(tmp_path: Path) -> None:
    saved = save_picture(PICTURE, tmp_path, format="jpeg", metadata={"adstudio": {"brief": "가" * 10_000}})
    assert "left out" in saved.notes[0]
    assert read_metadata(saved.path) == {}


def test_the_original_carries_the_records_too(tmp_path: Path) -> None:
    saved = save_picture(PICTURE, tmp_path, original=1 - PICTURE, metadata=ALL)
    assert saved.origin_path is not None and read_metadata(saved.origin_path) == ALL


def test_names_that_a_png_cannot_hold_do_not_stop_the_save(tmp_path: Path) -> None:
    odd = {"한글": 1, "": 2, "x" * 80: 3, "extra": {"a": 1}, **ALL}
    assert read_metadata(save_picture(PICTURE, tmp_path, metadata=odd).path) == {"extra": {"a": 1}, **ALL}
