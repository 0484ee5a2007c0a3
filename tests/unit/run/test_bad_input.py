"""Every bad input: one sentence that says what to do, exit code 1, nothing half-written, and the next run is fine."""

from __future__ import annotations

import errno
import os
import re
import shutil
import struct
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from skimage import data

from adstudio.run.commands.typed_names import as_it_lies

ONE_SENTENCE = re.compile(r"error: .{20,900}[.!?)’]")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def refused(adstudio: Any, checkpoint: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a command that must be refused in one sentence and write nothing; return the error code."""

    def refused(*arguments: object, out: Path | None = None) -> str:
        folder = tmp_path / "ads" if out is None else out
        before = files(folder) if folder.is_dir() else []
        common = ("--steps", 1, "--seed", 1, "--no-text", "--quiet", "--json", "--out", folder)
        given = () if "--checkpoint" in arguments else ("--checkpoint", checkpoint)
        said = adstudio(*arguments, *common, *given)
        assert said.code == 1, said
        lines = said.err.strip().splitlines()
        assert len(lines) == 1 and ONE_SENTENCE.fullmatch(lines[0]), said.err
        error = said.envelope["error"]
        assert error["message"] and error["hint"], "it must say what to do"
        assert (files(folder) if folder.is_dir() else []) == before
        return error["code"]

    return refused


@pytest.fixture
def accepted(adstudio: Any, checkpoint: Path, tmp_path: Path) -> Callable[..., dict]:
    """Run a command that must succeed; return its envelope."""

    def accepted(*arguments: object) -> dict:
        common = ("--steps", 1, "--seed", 1, "--no-text", "--json", "--quiet", "--out", tmp_path / "ads")
        said = adstudio(*arguments, *common, "--checkpoint", checkpoint)
        assert said.code == 0, said.err
        return said.envelope

    return accepted


# ---- words


@pytest.mark.parametrize(
    ("brief", "code"), [("", "empty"), (" \n\t", "empty"), ("🍓☕🌸", "empty"), ("가 " * 5000, "too_long")]
)
def test_a_brief_that_says_nothing_or_too_much(refused: Callable[..., str], brief: str, code: str) -> None:
    assert code in refused("generate", brief)


def test_names_that_are_not_known(refused: Callable[..., str]) -> None:
    assert refused("generate", "딸기", "--industry", "우주선") == "prompt.unknown_industry"
    assert refused("generate", "딸기", "--style", "cubism") == "prompt.unknown_style"
    assert refused("generate", "딸기", "--provider", "oracle") == "prompt.unknown_provider"
    assert refused("generate", "딸기", "--aspect", "7:5") == "size.unknown_aspect"
    assert refused("generate", "딸기", "--format", "bmp") == "output.unknown_format"


def test_a_composite_without_any_words(refused: Callable[..., str], coffee: Path) -> None:
    assert "empty" in refused("composite", coffee)


# ---- numbers


@pytest.mark.parametrize("strength", [0, -0.1, 1.5, "nan"])
def test_a_strength_out_of_range(refused: Callable[..., str], coffee: Path, strength: object) -> None:
    assert refused("generate", "딸기", "--reference", coffee, f"--strength={strength}") == "request.strength"


def test_full_strength_is_allowed(accepted: Callable[..., dict], coffee: Path) -> None:
    assert accepted("generate", "딸기", "--reference", coffee, "--strength", 1)["report"]["evaluations"] == 1


@pytest.mark.parametrize(
    ("size", "code"),
    [("200x200", "off_grid"), ("0x64", "off_grid"), ("4096x4096", "too_large"), ("99999x99999", "too_large")],
)
def test_a_size_off_the_grid_or_beyond_the_model(
    refused: Callable[..., str], coffee: Path, size: str, code: str
) -> None:
    assert refused("generate", "딸기", "--size", size) == f"size.{code}"
    assert refused("edit", coffee, "딸기", "--size", size) == f"size.{code}"


# ---- photos


def _png(width: int, height: int) -> bytes:
    """A PNG header that claims a size, and no pixels to speak of."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def _jpeg(folder: Path) -> bytes:
    Image.fromarray(data.coffee()).save(folder / "whole.jpg")
    return (folder / "whole.jpg").read_bytes()


BAD_PHOTOS: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: "사진이 아니에요".encode(),
    "cut_off": lambda folder: _jpeg(folder)[:20_000],
    "header_only": lambda folder: _jpeg(folder)[:300],
    "no_pixels": lambda _: _png(400, 400),
    "huge": lambda _: _png(60_000, 60_000),
    "one_pixel": lambda _: _png(1, 1),
}


@pytest.mark.parametrize("kind", BAD_PHOTOS)
def test_a_photo_that_cannot_be_used(refused: Callable[..., str], tmp_path: Path, kind: str) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(BAD_PHOTOS[kind](tmp_path))
    assert refused("generate", "딸기", "--reference", photo).startswith("photo.")
    assert refused("composite", photo, "--background", "대리석").startswith("photo.")


def test_a_photo_that_is_not_there_or_a_folder(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused("generate", "딸기", "--reference", tmp_path / "none.png") == "photo.not_found"
    assert refused("composite", tmp_path, "--background", "대리석") == "photo.unreadable"


def test_every_kind_of_real_photo_is_taken(accepted: Callable[..., dict], tmp_path: Path) -> None:
    cup = Image.fromarray(data.coffee()[::2, ::2])
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    saves: dict[str, Callable[[Path], object]] = {
        "rgba.png": lambda path: cup.convert("RGBA").save(path),
        "grey.png": lambda path: cup.convert("L").save(path),
        "cmyk.jpg": lambda path: cup.convert("CMYK").save(path),
        "deep.png": lambda path: Image.fromarray(np.asarray(cup.convert("L")).astype(np.uint16) * 257).save(path),
        "turned.jpg": lambda path: cup.save(path, exif=turned),
    }
    for name, save in saves.items():
        save(tmp_path / name)
        width, height = accepted(
            "generate", "커피", "--reference", tmp_path / name, "--strength", 0.3, "--aspect", "auto"
        )["report"]["size"]
        assert (height > width) == (name == "turned.jpg")


def test_a_product_with_transparency_counts_as_cut_out(accepted: Callable[..., dict], box: Path) -> None:
    report = accepted("composite", box, "--background", "대리석")["report"]
    assert report["providers"]["cutout"] == "mask"


def test_a_photo_without_a_product(refused: Callable[..., str], tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), "white").save(tmp_path / "white.png")
    assert refused("composite", tmp_path / "white.png", "--background", "대리석").startswith("cutout.")


# ---- models


def test_a_checkpoint_that_is_missing_or_half_downloaded(
    refused: Callable[..., str], checkpoint: Path, tmp_path: Path
) -> None:
    assert refused("generate", "딸기", "--checkpoint", tmp_path / "none") == "checkpoint.missing"
    half = Path(shutil.copytree(checkpoint, tmp_path / "half"))
    weights = next((half / "transformer").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    refused("generate", "딸기", "--checkpoint", half)
    weights.unlink()
    refused("generate", "딸기", "--checkpoint", half)


def test_an_adapter_of_another_model(refused: Callable[..., str], tmp_path: Path) -> None:
    foreign = tmp_path / "sdxl.safetensors"
    save_file({"lora_unet_down_blocks_0.lora_up.weight": torch.zeros(8, 4)}, foreign)
    assert refused("generate", "딸기", "--lora", f"{foreign}:0.8").startswith("lora.")
    assert refused("generate", "딸기", "--lora", "nowhere") == "request.adapter_not_found"
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not weights")
    refused("generate", "딸기", "--lora", broken)


# ---- folders and disks


def test_a_file_where_the_output_folder_should_be(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert refused("generate", "딸기", out=tmp_path / "taken") == "output.not_a_folder"


UNPRIVILEGED = """
import os, sys
from adstudio.engine.memory import torch_host
from adstudio.prompt.processor import write, write_copy
from adstudio.run.cli import main
from adstudio.run.versions import versions
from PIL import Image
versions()  # all that is imported on the way: Python may lie where only its owner reads
write("딸기"), write_copy("딸기")
os.chdir(sys.argv[1])
os.environ["ADSTUDIO_HOME"] = "none"  # root's own is closed to whom we become
if os.geteuid() == 0:
    os.setuid(65534)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "command",
    [("generate", "딸기", "--out", "closed", "--quiet"), ("cutout", "cup.png", "--out", "closed/deeper/cut.png")],
)
def test_an_output_folder_that_may_not_be_written_to(command: tuple[str, ...], coffee: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "closed").mkdir(mode=0o555)
    shutil.copy(coffee, tmp_path / "cup.png")
    unprivileged = [sys.executable, "-c", UNPRIVILEGED, str(tmp_path), *command]
    said = subprocess.run(unprivileged, capture_output=True, text=True)
    assert said.returncode == 1 and ONE_SENTENCE.fullmatch(said.stderr.strip()), said.stderr
    assert "may not write" in said.stderr and files(tmp_path) == ["cup.png"]


def test_a_disk_that_fills_up_while_saving(
    refused: Callable[..., str], accepted: Callable[..., dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused("generate", "딸기") == "output.disk_full"
    monkeypatch.undo()
    assert len(accepted("generate", "딸기")["pictures"]) == 1


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (("--headline", "봄", "--legal", "너무 긴 글" * 90), "layout.no_room"),
        (("--no-text", "--max-kb", 1), "output.over_budget"),
    ],
)
def test_what_was_drawn_is_kept_where_the_ad_cannot_be_finished(
    option: tuple[object, ...], code: str, adstudio: Any, checkpoint: Path, box: Path, tmp_path: Path
) -> None:
    asked = ("--background", "나무 탁자", "--provider", "rules", "--steps", 1, "--seed", 1, "--count", 2, "--quiet")
    folder = tmp_path / "ads"
    said = adstudio("composite", box, *asked, *option, "--checkpoint", checkpoint, "--out", folder, "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == code
    assert len(said.err.splitlines()) == 1
    kept = [folder / name for name in files(folder)]
    assert len(kept) == 2 and all(path.is_relative_to(folder / "origin") and str(path) in said.err for path in kept)
    for path in kept:  # the whole picture, the product in it
        red = np.abs(np.asarray(Image.open(path)).astype(int) - (200, 40, 60)).max(axis=-1) < 40
        assert red.mean() > 0.05


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (("--lora", "nowhere"), "request.adapter_not_found"),
        (("--reference", "cup.png", "--size", "4096x4096"), "size.too_large"),
        (("--font", "없는 글꼴"), "text.unknown_font"),
        (("--second-font", "없는 글꼴"), "text.unknown_font"),
        (("--weight", "5000"), "text.bad_weight"),
        (("--min-px", "0"), "request.text_style.min_px"),
        (("--headline", "너무 긴 제목" * 60), "layout.no_room"),
        (("--headline", "가을 세일", "--size", "256x256", "--min-px", "200"), "layout.no_room"),
        (("--headline", "가을 한정 메뉴", "--channel", "kakao_native:2x1", "--min-px", "500"), "layout.no_room"),
    ],
)
def test_what_cannot_be_drawn_or_lettered_is_refused_before_a_model_is_loaded(
    option: tuple[str, str], code: str, adstudio: Any, tmp_path: Path
) -> None:
    said = adstudio(
        "generate", "카페 라떼", "--headline", "봄", "--provider", "rules", *option, "--out", tmp_path, "--json"
    )
    assert said.code == 1 and said.envelope["error"]["code"] == code
    steps = (said.envelope["report"] or {}).get("steps", [])
    assert [step["name"] for step in steps] in ([], ["check"])


# ---- the tools beside a whole ad


@pytest.fixture
def said(adstudio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a tool in a folder with a photo, a cut-out, a plan and a text; it must be refused in one sentence."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(data.coffee()[::2, ::2]).save("cup.png")
    Image.fromarray(np.pad(np.full((90, 80, 4), 200, np.uint8), ((5, 5), (5, 5), (0, 0)))).save("cut.png")
    Path("plan.json").write_text('{"texts": [{"role": "headline", "text": "봄", "box": [0.1, 0.1, 0.9, 0.3]}]}')
    Path("copy.json").write_text('{"headline": "봄"}')
    Path("note.txt").write_text("not a picture")
    Path("bytes.json").write_bytes(b"\xff\xfe\x00")
    Image.new("L", (50, 50), 128).save("square.png")

    def said(*arguments: object) -> str:
        before = files(tmp_path)
        told = adstudio(*arguments)
        assert told.code == 1 and ONE_SENTENCE.fullmatch(told.err.strip()), told.err
        assert files(tmp_path) == before
        return told.err

    return said


@pytest.mark.parametrize(("lies", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_hangul_name_is_found_however_it_is_spelled(
    lies: str, typed: str, adstudio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, name = (unicodedata.normalize(lies, part) for part in ("가을 사진", "딸기 라떼.png"))
    Path(folder).mkdir()
    Image.fromarray(data.coffee()[::2, ::2]).save(Path(folder, name))
    asked, out = (unicodedata.normalize(typed, f"가을 사진/{part}") for part in ("딸기 라떼.png", "따낸 컵.png"))
    said = adstudio("cutout", asked, "--method", "geodesic", "--quiet", f"--out={out}")
    assert said.code == 0, said.err
    assert [path.name for path in tmp_path.iterdir()] == [folder], "no second folder of the same look"
    assert sorted(path.name for path in Path(folder).iterdir()) == sorted([name, Path(out).name])
    assert as_it_lies("가을 사진을 " * 200) == "가을 사진을 " * 200, "a brief is no name"


def test_a_name_below_a_file_is_told_as_that(said: Callable[..., str]) -> None:
    for command in (
        ("letter", "cup.png", "--plan", "plan.json", "-o", "note.txt/l.png"),
        ("place", "cup.png", "cut.png", "--quiet", "-o", "note.txt/deeper/p.png"),
        ("layout", "cup.png", "--copy", "copy.json", "-o", "note.txt/l.json"),
    ):
        assert "'note.txt' is a file, and no folder" in said(*command)


@pytest.mark.parametrize("photos", [["cup.png"], ["cup.png", "cup.png"]])
def test_where_nothing_can_be_written_nothing_is_cut_out(said: Callable[..., str], photos: list[str]) -> None:
    out = "note.txt/o.png" if len(photos) == 1 else "note.txt/cuts"
    told = said("cutout", *photos, "-o", out)  # one line: no progress, and no line for each photo
    assert "'note.txt' is a file, and no folder" in told


def test_a_row_of_products_too_long_and_letters_too_heavy_are_told_as_that(said: Callable[..., str]) -> None:
    assert "14 products side by side reach out of this backdrop" in said(
        "place", "cup.png", *["cut.png"] * 14, "--quiet", "-o", "p.png"
    )
    letter = ("letter", "cup.png", "--plan", "plan.json", "--weight", 5000, "-o", "l.png")
    assert "a weight from 1 to 1000" in said(*letter)


def test_of_several_pictures_the_one_that_is_none_is_named(said: Callable[..., str], checkpoint: Path) -> None:
    drawn = ("--background", "나무", "--checkpoint", checkpoint, "--quiet")
    assert "error: note.txt: The file is not a picture" in said(
        "cutout", "cup.png", "--mask", "note.txt", "-o", "o.png"
    )
    assert "error: note.txt: The file is not a picture" in said("composite", "cut.png", "--logo", "note.txt", *drawn)
    assert "error: Product 2 of 2: note.txt: The file" in said("composite", "cut.png", "note.txt", *drawn)


def test_a_plan_or_copy_that_cannot_be_read_is_told_once(said: Callable[..., str]) -> None:
    assert said("letter", "cup.png", "--plan", "none.json", "-o", "l.png") == (
        "error: 'none.json' cannot be read: no such file or directory. Give a JSON file that you may read.\n"
    )
    assert "'bytes.json' cannot be read: it is no text in UTF-8." in said(
        "layout", "cup.png", "--copy", "bytes.json", "-o", "l.json"
    )
    assert "'none.png' cannot be read as a picture: no such file" in said("show", "none.png")
    assert "'.' cannot be read as a picture: is a directory" in said("show", ".")


def test_a_banner_with_a_clear_ground_is_no_jpeg(said: Callable[..., str]) -> None:
    banner = ("template", "kakao-bizboard", "--product", "cut.png", "--headline", "아침을 여는 첫 모금")
    free = (*banner, "--font", "Pretendard", "--override")
    assert "jpeg file cannot hold transparency" in said(*free, "-o", "b.jpg")
    assert "'object.jpg' does not end in .png" in said(*free, "-o", "b.png", "--object", "object.jpg")


def test_a_mask_of_another_shape_is_not_stretched(said: Callable[..., str], adstudio: Any) -> None:
    asked = ("layout", "cup.png", "--copy", "copy.json", "-o", "l.json", "--keep-clear")
    assert "50x50, another shape than the picture's 300x200" in said(*asked, "square.png")
    Image.new("L", (61, 41), 0).save("small.png")  # made smaller, and rounded
    assert adstudio(*asked, "small.png").code == 0
