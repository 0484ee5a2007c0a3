"""White on white: the whole product is found where its outline shows, and a half is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from adstudio.errors import InputError
from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.imaging.linear import to_srgb
from adstudio.types import Array
from benchmarks.cutout import scene

from .conftest import smooth_ellipse

SIDE = 512
WHITE = 0.84


def mug_alpha() -> Array:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    body = ((abs(x - 240) < 90) & (y > 130) & (y < 390)).astype(np.float32)
    ring = smooth_ellipse(SIDE, SIDE, (250, 335), (70, 50)) - smooth_ellipse(SIDE, SIDE, (250, 335), (50, 32))
    return np.maximum(body, np.clip(ring, 0, 1) * (x > 325))


def shot(alpha: Array, light: Array, shade: Array | None = None, exposure: float = 1.0) -> Array:
    """A white product on white paper with a camera's noise, as a JPEG."""
    ground = np.full((SIDE, SIDE), WHITE) if shade is None else WHITE * shade
    plane = (ground * (1 - alpha) + WHITE * light[None, :] * alpha) * exposure
    picture = to_srgb(np.repeat(plane[..., None], 3, 2).astype(np.float32))
    picture = np.clip(picture + np.random.default_rng(0).normal(0, 0.006, picture.shape), 0, 1)
    return as_jpeg(picture)


def as_jpeg(picture: Array) -> Array:
    file = io.BytesIO()
    Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(file, "JPEG", quality=90)
    return np.asarray(Image.open(file), np.float32) / np.float32(255)


def lit(left: float, right: float) -> Array:
    return np.interp(np.arange(SIDE), (150, 390), (left, right)).astype(np.float32)


@pytest.mark.parametrize("kind", ["none", "soft", "hard"])
def test_white_mug_on_white_is_whole_and_leaves_its_shadow(kind: str) -> None:
    """Its tone passes the paper's own on the way from the lit side to the shaded one."""
    alpha = mug_alpha()
    fall = np.zeros((SIDE, SIDE))
    fall[330:392, 300:460] = 1
    shade = 1 - 0.4 * gaussian_filter(fall, {"none": 1, "soft": 12, "hard": 1}[kind]) * (kind != "none")
    cut = cut_out(shot(alpha, lit(1.06, 0.6), shade), method="geodesic")
    assert float(np.abs(restore_frame(cut)[..., 3] - alpha).sum() / alpha.sum()) < 0.05
    assert any("background's own tone" in note for note in cut.notes), "nobody would look at its rim"


def test_what_is_left_out_as_a_hard_shadow_is_told() -> None:
    alpha = mug_alpha()
    fall = np.zeros((SIDE, SIDE))
    fall[330:392, 300:460] = 1
    cut = cut_out(shot(alpha, lit(1.06, 0.6), 1 - 0.4 * gaussian_filter(fall, 1)), method="geodesic")
    assert any("its shadow" in note for note in cut.notes)


def test_handle_stays_open() -> None:
    found = restore_frame(cut_out(shot(mug_alpha(), lit(1.06, 0.6)), method="geodesic"))[..., 3]
    assert found[250, 350] < 0.05
    assert found[250, 376] > 0.95


def test_half_a_mug_is_refused() -> None:
    """Its left half is as white as the paper: no outline shows there."""
    light = np.interp(np.arange(SIDE), (0, 200, 390), (1.0, 1.0, 0.7))
    with pytest.raises(InputError) as caught:
        cut_out(shot(mug_alpha(), light), method="geodesic")
    assert caught.value.code == "cutout.no_outline"


def test_burnt_out_ground_is_told_or_refused() -> None:
    """The paper is 255: a mug darker all over is found, with a warning; one that is burnt out in part is not."""
    alpha = mug_alpha()
    cut = cut_out(shot(alpha, lit(0.8, 0.55), exposure=1.25), method="geodesic")
    assert any("burnt out" in note for note in cut.notes)
    with pytest.raises(InputError):
        cut_out(shot(alpha, lit(1.2, 0.6), exposure=1.25), method="geodesic")


def test_no_knob_of_a_steep_soft_shadow_stays_at_the_foot() -> None:
    """Right under the foot it is dark and falls off within a few pixels, but without a step."""
    alpha = mug_alpha()
    under = np.zeros((SIDE, SIDE))
    under[376:394, 140:350] = 1
    shade = 1 - 0.45 * gaussian_filter(under, 8)
    found = restore_frame(cut_out(shot(alpha, lit(1.06, 0.6), shade), method="geodesic"))[..., 3]
    assert float(np.clip(found - alpha, 0, 1).sum() / alpha.sum()) < 0.026


@pytest.mark.parametrize(
    ("product", "ground", "most"), [("white bottle", "white", 0.022), ("white box", "soft shadow", 0.022)]
)
def test_lit_mouth_stays_and_contact_shadow_goes(product: str, ground: str, most: float) -> None:
    photo, truth = scene(product, ground, fill=0.5)
    found = restore_frame(cut_out(as_jpeg(photo), method="geodesic"))[..., 3]
    assert float(np.abs(found - truth).sum() / truth.sum()) < most
