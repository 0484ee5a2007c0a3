"""Saving: the same picture once, under the hash of what it shows, linked to its original."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
from picture_files import png_header
from PIL import Image, ImageFile
from skimage import data

from adstudio.errors import InputError
from adstudio.output import store
from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture


def photo() -> np.ndarray:
    return (data.coffee()[:120, :160] / 255.0).astype(np.float32)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_name_is_the_hash_of_mode_size_pixels_and_format(tmp_path: Path) -> None:
    saved = save_picture(photo(), tmp_path)
    pixels = data.coffee()[:120, :160]
    shown = hashlib.sha256(b"RGB 160x120 " + pixels.tobytes()).hexdigest()
    expected = hashlib.sha256(f"{shown} png".encode()).hexdigest()[:16]
    assert saved.path == tmp_path / expected[:2] / f"{expected}.png"
    assert np.array_equal(np.asarray(Image.open(saved.path)), pixels)


def test_the_same_picture_is_stored_once_whatever_its_metadata(tmp_path: Path) -> None:
    first = save_picture(photo(), tmp_path, metadata={"adstudio": {"seed": 1}})
    second = save_picture(photo(), tmp_path, metadata={"adstudio": {"seed": 2}})
    assert (first.existed, second.existed) == (False, True)
    assert files(tmp_path) == {f"{first.digest[:2]}/{first.digest}{end}" for end in (".png", ".json")}
    assert first.report_path == second.report_path
    assert json.loads((first.report_path or tmp_path).read_text())["adstudio"]["seed"] == 1


def test_what_an_earlier_version_stored_flat_is_found(tmp_path: Path) -> None:
    pixels = data.coffee()[:120, :160]
    shown = hashlib.sha256(b"RGB 160x120 " + pixels.tobytes()).hexdigest()[:16]
    for ending in (".png", "-q90.jpg"):
        Image.fromarray(pixels).save(tmp_path / f"{shown}{ending}")
    for format, ending in (("png", ".png"), ("jpeg", "-q90.jpg")):
        saved = save_picture(photo(), tmp_path, format=format, quality=90)
        assert saved.existed and saved.path == tmp_path / f"{shown}{ending}"
    assert len(files(tmp_path)) == 2
    (tmp_path / f"{shown}.png").write_bytes(b"cut short")
    assert not save_picture(photo(), tmp_path).existed


def test_a_file_that_claims_more_pixels_than_can_be_read_is_replaced(tmp_path: Path) -> None:
    first = save_picture(photo(), tmp_path, original=photo(), metadata={"adstudio": {"seed": 1}})
    assert first.origin_path is not None
    for path in (first.path, first.origin_path):
        path.write_bytes(png_header(60_000, 60_000))
    again = save_picture(photo(), tmp_path, original=photo(), metadata={"adstudio": {"seed": 1}})
    assert (again.path, again.existed) == (first.path, False)
    for path in (first.path, first.origin_path):
        assert np.array_equal(np.asarray(Image.open(path)), data.coffee()[:120, :160])


def test_one_other_pixel_or_another_shape_is_another_picture(tmp_path: Path) -> None:
    other = photo()
    other[0, 0, 0] = 1.0 - other[0, 0, 0]
    flat = np.zeros((4, 9, 3), np.float32)
    names = {save_picture(p, tmp_path).digest for p in (photo(), other, flat, flat.reshape(9, 4, 3))}
    assert len(names) == 4


def test_the_original_is_lossless_stored_once_and_named_in_every_ad_made_of_it(tmp_path: Path) -> None:
    origins = set()
    for shade in (1.0, 0.0):
        lettered = photo()
        lettered[10:30, 20:90] = shade
        saved = save_picture(lettered, tmp_path, format="jpeg", original=photo(), metadata={"adstudio": {"seed": 1}})
        about = read_metadata(saved.path)["adstudio"]
        assert isinstance(about, dict) and saved.report_path
        assert json.loads(saved.report_path.read_text())["adstudio"] == about
        linked = (saved.path.parent / about["origin"]["path"]).resolve()
        assert linked == saved.origin_path
        pixels = data.coffee()[:120, :160]
        assert np.array_equal(np.asarray(Image.open(linked)), pixels)
        assert about["origin"]["sha256"] == hashlib.sha256(b"RGB 160x120 " + pixels.tobytes()).hexdigest()
        origins.add(linked)
    assert len(origins) == 1 and len(files(tmp_path)) == 5


@pytest.mark.parametrize(
    ("name", "kind", "ending"), [("JPG", "JPEG", ".jpg"), ("webp", "WEBP", ".webp"), ("avif", "AVIF", ".avif")]
)
def test_lossy_files_are_close_and_another_quality_is_another_file(
    tmp_path: Path, name: str, kind: str, ending: str
) -> None:
    saved = save_picture(photo(), tmp_path, format=name, quality=90)
    assert saved.path.name == saved.digest + ending
    with Image.open(saved.path) as opened:
        assert opened.format == kind
        difference = np.abs(np.asarray(opened.convert("RGB"), np.int16) - data.coffee()[:120, :160]).mean()
    assert difference < 4
    smaller = save_picture(photo(), tmp_path, format=name, quality=30)
    assert smaller.path != saved.path and smaller.path.stat().st_size < saved.path.stat().st_size


@pytest.mark.parametrize(("grain", "quality"), [(0.06, 94), (0.04, 100), (None, 100)])
def test_a_photo_full_of_grain_is_saved_as_jpeg(grain: float | None, quality: int, tmp_path: Path) -> None:
    """Pillow's own room for a progressive JPEG is two bytes a pixel, below quality 95 one."""
    random, held = np.random.default_rng(0), ImageFile.MAXBLOCK
    picture = data.coffee() / 255.0
    picture = picture + random.normal(0, grain, picture.shape) if grain else random.integers(0, 2, picture.shape)
    saved = save_picture(np.clip(picture, 0, 1).astype(np.float32), tmp_path, format="jpeg", quality=quality)
    with Image.open(saved.path) as file:
        assert file.info["progressive"]
        assert np.abs(np.asarray(file, np.float32) / 255 - np.clip(picture, 0, 1)).mean() < 0.04
    assert saved.path.stat().st_size > (1 if quality < 95 else 2) * picture.shape[0] * picture.shape[1]
    assert held == ImageFile.MAXBLOCK


def test_webp_at_full_quality_keeps_every_pixel(tmp_path: Path) -> None:
    saved = save_picture(photo(), tmp_path, format="webp", quality=100)
    assert np.array_equal(np.asarray(Image.open(saved.path)), data.coffee()[:120, :160])


def test_transparency_is_kept_in_png_and_refused_for_jpeg(tmp_path: Path) -> None:
    rgba = np.concatenate([photo(), np.full((120, 160, 1), 0.5, np.float32)], axis=-1)
    assert Image.open(save_picture(rgba, tmp_path).path).mode == "RGBA"
    with pytest.raises(InputError) as refused:
        save_picture(rgba, tmp_path, format="jpeg")
    assert refused.value.code == "output.no_alpha"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "bmp"}, "output.unknown_format"),
        ({"quality": 0}, "output.bad_quality"),
        ({"image": np.zeros((4, 4), np.float32)}, "output.bad_shape"),
        ({"image": np.full((4, 4, 3), np.nan, np.float32)}, "output.not_finite"),
        ({"image": np.zeros((8, 16_400, 3), np.float32), "format": "webp"}, "output.too_large_for_format"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_leaves_nothing(tmp_path: Path, change: dict, code: str) -> None:
    arguments = {"image": photo(), "folder": tmp_path, **change}
    with pytest.raises(InputError) as refused:
        save_picture(**arguments)
    assert refused.value.code == code and refused.value.hint
    assert files(tmp_path) == set()


def test_a_file_that_was_cut_short_is_written_anew(tmp_path: Path) -> None:
    saved = save_picture(photo(), tmp_path, original=photo())
    assert saved.origin_path is not None
    for path in (saved.path, saved.origin_path):
        path.write_bytes(path.read_bytes()[:-2000])
    again = save_picture(photo(), tmp_path, original=photo())
    assert not again.existed
    for path in (saved.path, saved.origin_path):
        assert np.array_equal(np.asarray(Image.open(path)), data.coffee()[:120, :160])


def test_others_may_read_the_file_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        saved = save_picture(photo(), tmp_path)
    finally:
        os.umask(before)
    assert saved.path.stat().st_mode & 0o777 == 0o644


def test_a_file_system_without_hard_links_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    saved = save_picture(photo(), tmp_path)
    assert not saved.existed and save_picture(photo(), tmp_path).existed
    assert files(tmp_path) == {f"{saved.digest[:2]}/{saved.path.name}"}


def test_rubbish_of_a_killed_process_is_swept_up_but_a_fresh_part_stays(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".adstudio-part-old", tmp_path / ".adstudio-part-fresh"
    for part in (old, fresh):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    store.prepare_folder(tmp_path)
    assert files(tmp_path) == {fresh.name}


def _save_all(folder: str, start: int, barrier: object) -> tuple[int, int]:
    barrier.wait()  # type: ignore[attr-defined]
    winners = torn = 0
    for step in range(40):
        number = (start + step) % 10
        picture = np.full((48, 64, 3), number / 10, np.float32)
        saved = save_picture(picture, folder, original=1 - picture)
        winners += not saved.existed
        with Image.open(saved.path) as opened:
            torn += not np.array_equal(np.asarray(opened), np.rint(picture * 255).astype(np.uint8))
    return winners, torn


def test_many_processes_on_one_folder_leave_each_picture_once_and_whole(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager, context.Pool(4) as pool:
        barrier = manager.Barrier(4)
        results = pool.starmap(_save_all, [(str(tmp_path), start, barrier) for start in (0, 3, 5, 8)])
    assert sum(winners for winners, _ in results) == 10
    assert sum(torn for _, torn in results) == 0
    names = files(tmp_path)
    assert len(names) == 20 and not any(".adstudio-part" in name for name in names)
