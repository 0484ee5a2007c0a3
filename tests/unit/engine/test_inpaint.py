"""A photo that is edited in part comes back as itself: its size, and every number outside the mask."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.engine.drawing.inpaint import Edit, choose_region, lay_back, resize, shape_mask
from adstudio.engine.drawing.sampling import Samples, image_to_image
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError
from adstudio.types import Array

PROMPT = "a café table by a window"


def disc(height: int, width: int, row: int, column: int, radius: float) -> Array:
    rows, columns = np.mgrid[0:height, 0:width]
    return (np.hypot(rows - row, columns - column) <= radius).astype(np.float32)


def noisy_photo(height: int, width: int) -> Array:
    return np.random.default_rng(1).random((height, width, 3), np.float32)


def redraw(zit: Zit, host: TorchHost, photo: Array, mask: Array | None, edit: Edit, **more: float) -> Samples:
    wanted = {"strength": 0.9, "seed": 3, "steps": 4} | more
    return image_to_image(zit, PROMPT, photo, mask=mask, edit=edit, host=host, **wanted)


@pytest.mark.parametrize("edit", [Edit(own_size=True), Edit(crop=True), Edit(True, True, 3, 6), Edit(True, False, -2)])
@pytest.mark.parametrize(("height", "width"), [(75, 100), (61, 203), (300, 220)])
def test_outside_the_mask_every_number_stays(edit: Edit, height: int, width: int, zit: Zit, host: TorchHost):
    photo, mask = noisy_photo(height, width), disc(height, width, height // 2, width // 3, 12)
    samples = redraw(zit, host, photo, mask, edit)
    (picture,) = samples.images
    changed = shape_mask(mask, edit) > 0
    assert picture.shape == photo.shape
    assert np.array_equal(picture[~changed], photo[~changed])
    assert np.abs(picture[changed] - photo[changed]).mean() > 0.03
    assert all(side % 16 == 0 for side in samples.size)


def test_without_being_asked_a_picture_comes_in_the_models_size(zit: Zit, host: TorchHost):
    photo, mask = noisy_photo(75, 100), disc(75, 100, 40, 40, 12)
    samples = redraw(zit, host, photo, mask, Edit())
    assert samples.images[0].shape[1::-1] == samples.size != (100, 75)
    assert redraw(zit, host, photo, None, Edit(own_size=True)).images[0].shape == photo.shape


def test_a_small_mask_on_a_large_photo_is_drawn_larger_when_cropped(zit: Zit, host: TorchHost):
    photo, mask = noisy_photo(400, 600), disc(400, 600, 200, 500, 10)
    whole, cropped = (redraw(zit, host, photo, mask, edit) for edit in (Edit(own_size=True), Edit(crop=True)))
    left, top, right, bottom = choose_region(mask)
    assert (right - left) * (bottom - top) < 0.1 * 400 * 600
    assert cropped.size[0] / (right - left) > 4 * whole.size[0] / 600  # of the model's pixels per pixel of the photo
    assert not np.array_equal(whole.images[0], cropped.images[0])


@pytest.mark.parametrize("grow", [0, 5, -4])
def test_the_edge_moves_by_as_many_pixels_as_asked(grow: int):
    mask = np.zeros((101, 101), np.float32)
    mask[30:70, 20:80] = 1
    shaped = shape_mask(mask, Edit(grow_px=grow))
    assert set(np.unique(shaped)) == {0, 1}
    assert np.flatnonzero(shaped[50]).tolist() == list(range(20 - grow, 80 + grow))
    assert np.flatnonzero(shaped[:, 50]).tolist() == list(range(30 - grow, 70 + grow))
    corner = shaped[30 - abs(grow) : 30, 20 - abs(grow) : 20]
    assert grow <= 0 or 0 < corner.mean() < 1  # round, not square


def test_a_feather_lies_outside_or_inside():
    mask = np.zeros((101, 101), np.float32)
    mask[20:81, 20:81] = 1
    around, within = (shape_mask(mask, Edit(feather_px=10, feather_inside=inside)) for inside in (False, True))
    assert (around[mask > 0] == 1).all()
    assert (within[mask == 0] == 0).all()
    assert around[50, 81:92].tolist() == pytest.approx([0.95 - n / 10 for n in range(10)] + [0])
    assert within[50, 70:81].tolist() == pytest.approx([1] + [0.95 - n / 10 for n in range(10)])
    both = shape_mask(mask, Edit(grow_px=3, feather_px=10))
    assert both[50, 84:86].tolist() == pytest.approx([0.95, 0.85])


@pytest.mark.parametrize("px", [2, 16, 64])
def test_a_feather_inside_a_narrow_mask_leaves_its_middle(px: int, zit: Zit, host: TorchHost):
    mask, edit = np.zeros((64, 64), np.float32), Edit(own_size=True, feather_px=px, feather_inside=True)
    mask[20:44, 30:35] = 1
    shaped = shape_mask(mask, edit)
    assert (shaped[mask == 0] == 0).all()
    assert shaped[32, 30:35].tolist() == pytest.approx(
        [0.25, 0.75, 1, 0.75, 0.25] if px == 2 else [0.2, 0.6, 1, 0.6, 0.2]
    )
    photo = noisy_photo(64, 64)
    drawn = redraw(zit, host, photo, mask, edit).images[0]
    assert np.abs(drawn[32, 32] - photo[32, 32]).max() > 0.03


@pytest.mark.parametrize(
    "edit", [Edit(grow_px=4), Edit(feather_px=4), Edit(True, grow_px=4), Edit(True), Edit(crop=True)]
)
def test_a_dot_that_fills_no_pixel_of_the_photo_marks_nothing(edit: Edit, zit: Zit, host: TorchHost):
    mask = np.zeros((2048, 2048), np.float32)
    mask[1000:1004, 1000:1004] = 1
    with pytest.raises(InputError) as caught:
        redraw(zit, host, noisy_photo(64, 64), mask, edit)
    assert caught.value.code == "mask.empty"


def test_the_photos_border_is_no_edge_of_the_mask():
    mask = np.zeros((60, 80), np.float32)
    mask[:, 50:] = 1
    shaped = shape_mask(mask, Edit(feather_px=10, feather_inside=True))
    assert (shaped[:, 62:] == 1).all()
    assert (shape_mask(np.ones((8, 8), np.float32), Edit(feather_px=4, feather_inside=True)) == 1).all()


def test_a_mask_is_left_alone_unless_asked():
    soft = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    assert shape_mask(soft, Edit(own_size=True, crop=True)) is soft


@pytest.mark.parametrize(
    ("mask", "region"),
    [
        (disc(400, 600, 200, 500, 10), (458, 158, 543, 243)),  # 21 px with 32 px around
        (disc(400, 600, 0, 0, 10), (0, 0, 43, 43)),
        (disc(400, 600, 200, 300, 180), (0, 0, 600, 400)),  # hardly anything left out
    ],
)
def test_a_region_holds_the_mask_and_its_surroundings(mask: Array, region: tuple[int, int, int, int]):
    assert choose_region(mask) == region


def test_a_strip_gets_a_region_that_is_no_strip():
    mask = np.zeros((1000, 2000), np.float32)
    mask[500:503, 200:1000] = 1
    left, top, right, bottom = choose_region(mask)
    assert (right - left) / (bottom - top) <= 2.01
    assert left <= 200 < 1000 <= right


def test_laying_back_resamples_the_drawn_part_alone():
    photo, share = noisy_photo(40, 60), np.zeros((40, 60), np.float32)
    share[10:20, 10:30] = 1
    share[20:22, 10:30] = 0.5
    finished = lay_back(photo, np.full((64, 96, 3), 0.25, np.float32), share, (5, 5, 35, 25))
    assert np.array_equal(finished[share == 0], photo[share == 0])
    assert np.allclose(finished[share == 1], 0.25, atol=1e-6)
    assert np.allclose(finished[share == 0.5], 0.5 * photo[share == 0.5] + 0.125, atol=1e-6)
    assert resize(photo, (60, 40)) is photo


def test_edits_that_cannot_be_made(zit: Zit, host: TorchHost):
    for wrong in ({"feather_px": -1}, {"feather_px": 5000}, {"grow_px": 5000}):
        with pytest.raises(InputError) as caught:
            Edit(**wrong)
        assert caught.value.code == "mask.edge_out_of_range"
    for feather in (0, 20):  # of which only a breath would be left outside
        with pytest.raises(InputError, match="Nothing is left") as caught:
            redraw(zit, host, noisy_photo(64, 64), disc(64, 64, 32, 32, 5), Edit(grow_px=-20, feather_px=feather))
    assert caught.value.code == "mask.shrunk_away" and float(caught.value.figures["px"]) > 0
