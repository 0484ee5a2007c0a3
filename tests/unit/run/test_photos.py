"""A reference photo is brought to the model's size without being squeezed or shifted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.imaging.cutout.matting import cut_out
from adstudio.run.photos import cover
from adstudio.run.remote.uploads import read_photos
from adstudio.run.request import AdRequest
from adstudio.types import Placement


@pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 128), (256, 64)])
def test_the_middle_is_kept_and_round_stays_round(width: int, height: int) -> None:
    photo = np.zeros((120, 200, 3), np.float32)
    rows, columns = np.mgrid[:120, :200]
    photo[(rows - 59.5) ** 2 + (columns - 99.5) ** 2 < 20**2] = 1.0  # a disc in the very middle
    covered = cover(photo, width, height)
    assert covered.shape == (height, width, 3) and covered.dtype == np.float32
    disc = np.argwhere(covered[..., 0] > 0.5)
    assert np.allclose(disc.mean(axis=0), ((height - 1) / 2, (width - 1) / 2), atol=0.6)
    tall, wide = np.ptp(disc, axis=0) + 1
    scale = max(width / 200, height / 120)
    assert tall == pytest.approx(40 * scale, abs=1.6) and wide == pytest.approx(min(40 * scale, width), abs=1.6)


def test_a_photo_of_the_right_size_stays_as_it_is() -> None:
    photo = (data.coffee()[:96, :128] / 255).astype(np.float32)
    assert np.allclose(cover(photo, 128, 96), photo, atol=1e-6)


def test_of_several_products_the_one_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    cup, dot = str(tmp_path / "cup.png"), str(tmp_path / "dot.png")
    Image.fromarray(data.coffee()[::4, ::4]).save(cup)
    Image.new("RGB", (1, 1)).save(dot)
    request = AdRequest(task="composite", brief="대리석", products=(cup, dot))
    with pytest.raises(InputError, match=r"^Product 2 of 2: \S+dot\.png: The photo is 1 × 1 pixels"):
        read_photos(request, lambda _, size: size)


def test_a_product_of_too_few_pixels_is_not_sent(tmp_path: Path):
    rgba = np.zeros((600, 600, 4), np.uint8)
    rgba[20:30, 20:30] = (200, 40, 60, 255)
    Image.fromarray(rgba).save(tmp_path / "speck.png")
    Image.new("RGB", (60, 60), "red").save(tmp_path / "small.png")
    asked: list[object] = []

    def size_over(_: object, size: object) -> tuple[int, int]:
        asked.append(size)
        return 1024, 1024

    one = AdRequest(task="composite", brief="나무 탁자", headline="", products=(str(tmp_path / "speck.png"),))
    cut = cut_out(tmp_path / "speck.png").rgba
    with pytest.raises(InputError, match=rf"only {cut.shape[1]} × {cut.shape[0]} pixels .* 34 times") as refused:
        read_photos(one, size_over)
    assert refused.value.code == "composite.product_too_small" and asked == [None]
    by_shape = replace(one, cutout="geodesic")  # it may find a product as large as the photo
    assert len(read_photos(by_shape, size_over).products) == 1
    placed = replace(one, products=(str(tmp_path / "small.png"),), placements=(Placement(0.5, 0.9, 0.5),))
    with pytest.raises(InputError, match=r"only 60 × 60 pixels .* 9 times"):
        read_photos(placed, size_over)
    assert len(read_photos(replace(placed, placements=(Placement(0.5, 0.9, 0.4),)), size_over).products) == 1
    white = replace(placed, channel="coupang", aspect="channel", placements=())
    with pytest.raises(InputError, match="only 60 × 60 pixels") as refused:
        read_photos(white, size_over)
    assert refused.value.code == "template.product_too_small"
    Image.new("RGB", (130, 130), "red").save(tmp_path / "small.png")
    assert len(read_photos(white, size_over).products) == 1
