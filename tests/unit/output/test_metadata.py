"""Records in saved files: ComfyUI finds its graph, and ours comes back as it went in."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from adstudio.errors import InputError
from adstudio.output.encode import FORMATS
from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture
from adstudio.types import Note

PICTURE = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
GRAPH = {"3": {"class_type": "AdStudioText2Image", "inputs": {"brief": "딸기 라떼"}}}
RECORD = {"seed": 7, "request": {"brief": "봄 신메뉴 — “딸기”"}, "report": {"status": "done"}}
ALL = {"prompt": GRAPH, "workflow": {"nodes": [1, 2]}, "adstudio": RECORD}


@pytest.mark.parametrize("format", ["png", "webp", "avif"])
def test_everything_comes_back(tmp_path: Path, format: str) -> None:
    assert read_metadata(save_picture(PICTURE, tmp_path, format=format, metadata=ALL).path) == ALL


def test_a_jpeg_keeps_our_record_alone(tmp_path: Path) -> None:
    assert read_metadata(save_picture(PICTURE, tmp_path, format="jpeg", metadata=ALL).path) == {"adstudio": RECORD}


def test_comfyui_finds_its_graph_in_a_png_as_latin_text_chunks(tmp_path: Path) -> None:
    path = save_picture(PICTURE, tmp_path, metadata=ALL).path
    data = path.read_bytes()
    assert b"tEXtprompt\0{" in data and b"tEXtworkflow\0{" in data
    assert json.loads(Image.open(path).info["prompt"]) == GRAPH


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_comfyui_finds_its_graph_under_its_two_tags(tmp_path: Path, format: str) -> None:
    exif = Image.open(save_picture(PICTURE, tmp_path, format=format, metadata=ALL).path).getexif()
    assert json.loads(exif[0x0110].removeprefix("prompt:")) == GRAPH
    assert json.loads(exif[0x010F].removeprefix("workflow:")) == {"nodes": [1, 2]}


def test_without_metadata_nothing_is_written(tmp_path: Path) -> None:
    for format in FORMATS:
        path = save_picture(PICTURE, tmp_path, format=format).path
        assert read_metadata(path) == {} and not path.with_suffix(".json").exists()
        assert b"Exif" not in path.read_bytes() and b"EXIF" not in path.read_bytes()


def test_a_record_too_long_for_a_jpeg_is_left_out_and_said(tmp_path: Path) -> None:
    saved = save_picture(PICTURE, tmp_path, format="jpeg", metadata={"adstudio": {"brief": "가" * 10_000}})
    assert "left out" in saved.notes[0]
    assert isinstance(saved.notes[0], Note) and saved.notes[0].code == "save.record_left_out"
    assert read_metadata(saved.path) == {}
    assert saved.report_path and len(json.loads(saved.report_path.read_text())["adstudio"]["brief"]) == 10_000


def test_the_original_carries_the_records_too(tmp_path: Path) -> None:
    saved = save_picture(PICTURE, tmp_path, original=1 - PICTURE, metadata=ALL)
    assert saved.origin_path is not None and read_metadata(saved.origin_path) == ALL


def test_the_record_beside_a_jpeg_is_a_workflow_that_comfyui_opens(tmp_path: Path) -> None:
    workflow = {"nodes": [], "links": [], "version": 0.4}
    saved = save_picture(PICTURE, tmp_path, format="jpeg", metadata=ALL | {"workflow": workflow})
    assert saved.report_path == saved.path.with_suffix(".json")
    beside = json.loads(saved.path.with_suffix(".json").read_text())
    assert beside == {**workflow, "prompt": GRAPH, "adstudio": RECORD}


def test_every_format_says_that_its_colours_are_srgb(tmp_path: Path) -> None:
    paths = {format: save_picture(PICTURE, tmp_path, format=format).path for format in FORMATS}
    assert b"sRGB\0" in paths["png"].read_bytes() and b"gAMA" not in paths["png"].read_bytes()
    assert b"colrnclx\0\x01\0\x0d" in paths["avif"].read_bytes()  # primaries of BT.709, the curve of sRGB
    profile = ImageCms.ImageCmsProfile(io.BytesIO(Image.open(paths["jpeg"]).info["icc_profile"]))
    assert ImageCms.getProfileDescription(profile).startswith("sRGB")
    turned = ImageCms.profileToProfile(Image.open(paths["jpeg"]), profile, ImageCms.createProfile("sRGB"))
    assert turned is not None
    assert np.abs(np.asarray(turned, int) - np.asarray(Image.open(paths["jpeg"]), int)).max() <= 1


def test_names_that_a_png_cannot_hold_do_not_stop_the_save(tmp_path: Path) -> None:
    odd = {"한글": 1, "": 2, "x" * 80: 3, "extra": {"a": 1}, **ALL}
    assert read_metadata(save_picture(PICTURE, tmp_path, metadata=odd).path) == {"extra": {"a": 1}, **ALL}


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif"])
def test_half_an_emoji_in_a_record_does_not_stop_the_save(tmp_path: Path, format: str) -> None:
    """JSON may hold one: a client that cuts a text by UTF-16 units sends it."""
    saved = save_picture(PICTURE, tmp_path, format=format, metadata={"adstudio": {"brief": "봄 \ud83d"}})
    record: Any = read_metadata(saved.path)["adstudio"]
    assert record["brief"].startswith("봄 ")


@pytest.mark.parametrize("side", [0, 20_000])
def test_a_picture_that_nobody_could_open_is_refused_in_words(tmp_path: Path, side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")))
    with pytest.raises(InputError) as refused:
        read_metadata(tmp_path / "huge.png")
    assert refused.value.code == "output.not_a_picture"
