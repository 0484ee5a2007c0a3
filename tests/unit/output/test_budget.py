"""A byte limit: kept to the byte, with the best quality that fits, the same bytes every time, or refused in words."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.output.budget import FLOOR, fit_bytes, likeness
from adstudio.output.encode import FORMATS, find_format
from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture
from adstudio.output.scrub import scrub


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(data.astronaut()[:256, 100:356]))


@pytest.fixture(scope="module")
def cutout() -> Image.Image:
    """A round product with a soft edge, and a shadow that fades out."""
    y, x = np.mgrid[:256, :256]
    body = np.clip((90 - np.hypot(x - 128, y - 110)) * 60, 0, 255)
    shadow = np.clip(140 - np.abs(y - 225) * 6 - np.abs(x - 128), 0, 255)
    alpha = np.maximum(body, shadow).astype(np.uint8)
    return Image.fromarray(np.dstack([data.astronaut()[:256, 100:356], alpha]))


@pytest.mark.parametrize(
    ("name", "limits"),
    [("jpeg", (18_000, 10_000)), ("webp", (14_000, 7_000)), ("avif", (14_000, 7_000)), ("png", (45_000, 30_000))],
)
def test_the_limit_is_kept_and_more_room_is_more_likeness(
    name: str, limits: tuple[int, int], photo: Image.Image
) -> None:
    wide, narrow = (fit_bytes(photo, FORMATS[name], limit, {}) for limit in limits)
    assert len(wide.data) <= limits[0] and len(narrow.data) <= limits[1]
    assert 1 > wide.likeness > narrow.likeness >= FLOOR
    assert Image.open(io.BytesIO(narrow.data)).format == name.upper()
    assert fit_bytes(photo, FORMATS[name], limits[1], {}).data == narrow.data


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_the_room_is_used(name: str, photo: Image.Image) -> None:
    """Either nearly all of it, or one step of quality more is too much."""
    from adstudio.output.encode import write

    limit = 11_000
    fitted = fit_bytes(photo, FORMATS[name], limit, {})
    quality = int(re.findall(r"\d+", fitted.how)[0])
    above = [write(photo, FORMATS[name], {}, quality=quality + 1, subsampling=halved) for halved in (0, 2)]
    assert len(fitted.data) >= 0.98 * limit or min(map(len, above)) > limit or max(map(len, above)) > limit


def test_with_room_enough_every_pixel_is_kept_and_quality_is_as_asked(photo: Image.Image) -> None:
    kept = fit_bytes(photo, FORMATS["png"], 2_000_000, {})
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(kept.data))), np.asarray(photo)) and kept.likeness == 1
    assert fit_bytes(photo, FORMATS["jpeg"], 2_000_000, {}, quality=70).how == "quality 70"


def test_coloured_lettering_keeps_its_colours_where_there_is_room() -> None:
    """Red on grey: halving the colours would blur it, and likeness from afar would not see that."""
    pixels = np.full((256, 256, 3), 128, np.uint8)
    pixels[::4] = pixels[1::4] = (220, 20, 40)
    fitted = fit_bytes(Image.fromarray(pixels), FORMATS["jpeg"], 12_000, {})
    assert Image.open(io.BytesIO(fitted.data)).layer[0][1:3] == (1, 1)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("limit", [40_000, 28_000])
def test_a_cut_out_keeps_its_clear_ground_and_its_soft_edge(limit: int, cutout: Image.Image) -> None:
    fitted = fit_bytes(cutout, FORMATS["png"], limit, {})
    opened = Image.open(io.BytesIO(fitted.data))
    assert opened.mode == "P" and len(fitted.data) <= limit
    before, after = (np.asarray(image.convert("RGBA"))[..., 3].astype(int) for image in (cutout, opened))
    assert np.array_equal(before == 0, after == 0) and np.array_equal(before == 255, after == 255)
    assert np.abs(before - after).max() <= 36 and np.abs(before - after)[before > 0].mean() < 3


def test_flat_art_in_few_colours_is_exact_in_a_palette() -> None:
    noise = np.random.default_rng(0).integers(0, 4, (300, 300))
    flat = np.array([(0, 0, 0), (255, 255, 255), (200, 30, 60), (20, 120, 220)], np.uint8)[noise]
    fitted = fit_bytes(Image.fromarray(flat), FORMATS["png"], 26_000, {})
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(fitted.data)).convert("RGB")), flat)


@pytest.mark.parametrize(
    ("name", "limit", "said"),
    [("png", 9_000, "16 colours|at the least"), ("jpeg", 5_000, "quality"), ("webp", 400, "at the least")],
)
def test_rather_than_look_bad_it_refuses_and_says_how_far_it_got(
    name: str, limit: int, said: str, photo: Image.Image
) -> None:
    with pytest.raises(InputError) as refused:
        fit_bytes(photo, FORMATS[name], limit, {})
    assert refused.value.code == "output.over_budget"
    assert re.search(said, refused.value.message) and f"{limit / 1000:g} kB" in refused.value.message
    assert "webp" in refused.value.hint or name == "webp"


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (5, 5), (7, 3000)])
def test_the_smallest_and_the_thinnest_pictures_are_judged_too(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "#a03050")
    fitted = fit_bytes(picture, FORMATS["png"], 10_000, {})
    assert likeness(picture, fitted.data, FORMATS["png"]) == 1


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif"])
def test_a_saved_file_keeps_to_the_limit_with_all_that_is_in_it(tmp_path: Path, format: str) -> None:
    picture = (data.coffee()[:200, :300] / 255).astype(np.float32)
    workflow = {"nodes": ["x" * 30_000]}
    about = {"adstudio": {"seed": 7}, "prompt": {"1": {}}, "workflow": workflow}
    saved = save_picture(picture, tmp_path, format=format, max_bytes=30_000, original=picture, metadata=about)
    assert saved.path.stat().st_size <= 30_000
    assert read_metadata(saved.path)["adstudio"]["seed"] == 7  # type: ignore[index]
    if format != "jpeg":
        assert "workflow" not in read_metadata(saved.path)
        assert any("workflow" in note for note in saved.notes)
    assert any("of 30 kB" in note for note in saved.notes)
    assert saved.report_path and scrub(workflow)["nodes"][0] in saved.report_path.read_text()
    again = save_picture(picture, tmp_path, format=format, max_bytes=30_000, original=picture, metadata=about)
    assert again.existed and again.path == saved.path
    assert save_picture(picture, tmp_path, format=format, max_bytes=29_000, metadata=about).path != saved.path


def test_a_refused_picture_leaves_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random((128, 128, 3), np.float32)
    with pytest.raises(InputError):
        save_picture(noise, tmp_path, format=find_format("jpg").name, max_bytes=1000, original=noise)
    assert not list(tmp_path.rglob("*"))


# Of the picture's 65536 pixels: Pillow warns of the first, and refuses the other.
@pytest.mark.parametrize("most", [40_000, 20_000])
@pytest.mark.parametrize(("name", "limit"), [("jpeg", 14_000), ("avif", 10_000), ("png", 45_000)])
def test_a_picture_of_our_own_is_no_bomb_however_large(
    name: str, limit: int, most: int, photo: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fit_bytes(photo, FORMATS[name], limit, {})
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    assert fit_bytes(photo, FORMATS[name], limit, {}) == usual
    first, again = (save_picture(np.asarray(photo), tmp_path, format=name, max_bytes=limit) for _ in range(2))
    assert first.path == again.path and again.existed


def test_a_webp_that_cannot_be_read_back_is_refused_before_it_is_searched_for(
    photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    with pytest.raises(InputError, match="may have 0 million pixels") as refused:
        fit_bytes(photo, FORMATS["webp"], 14_000, {})
    assert refused.value.code == "output.too_large_for_limit"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40_000)
    assert fit_bytes(photo, FORMATS["webp"], 14_000, {}).likeness > FLOOR
