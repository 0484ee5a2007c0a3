"""A reference photo is brought to the model's size without being squeezed or shifted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.run.photos import cover
from adstudio.run.remote.uploads import read_photos
from adstudio.run.request import AdRequest


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
    with pytest.raises(InputError, match=r"^Product 2 of 2: The photo is 1 × 1 pixels"):
        read_photos(request, lambda _, size: size)
