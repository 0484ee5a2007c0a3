"""Pack shots: shadows stay on the ground, labels as pale as the wall stay on the product, handles stay open."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from adstudio.errors import InputError
from adstudio.imaging.cutout.geodesic import _clean
from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.imaging.cutout.plain_ground import GROUND_STEP, Ground, find_ground, find_product
from adstudio.imaging.linear import to_lab, to_linear, to_srgb
from adstudio.types import Array

from .conftest import draw_table, smooth_ellipse

H, W = 320, 400


def wall(darker_to_the_right: float = 0.0) -> Array:
    light = 1 - darker_to_the_right * np.linspace(0, 1, W)[None, :, None]
    return (np.array([0.80, 0.79, 0.77]) * light * np.ones((H, W, 1))).astype(np.float32)


def box(top: int, bottom: int, left: int, right: int) -> Array:
    plane = np.zeros((H, W), np.float32)
    plane[top:bottom, left:right] = 1
    return plane


def photo_of(
    alpha: Array, colour: Array, ground: Array, shade: Array | None = None, seed: int = 0, noise: float = 0.006
) -> Array:
    """Lay a product on its ground in linear light, with the noise of a camera."""
    lit = ground if shade is None else ground * shade[..., None]
    mixed = colour * alpha[..., None] + lit * (1 - alpha[..., None])
    grain = np.random.default_rng(seed).normal(0, noise, mixed.shape)
    return np.clip(to_srgb(mixed.astype(np.float32)) + grain, 0, 1).astype(np.float32)


def find_plain(lab: Array) -> Ground | None:
    return find_ground(lab[::GROUND_STEP, ::GROUND_STEP], lab.shape[:2])


def cut_alpha(photo: Array) -> Array:
    return restore_frame(cut_out(photo, method="geodesic"))[..., 3]


@pytest.mark.parametrize("blur_px", [1.0, 14.0], ids=["hard", "soft"])
def test_shadow_stays_behind(blur_px: float) -> None:
    alpha = box(80, 250, 140, 220)
    shade = 1 - 0.5 * gaussian_filter(box(215, 250, 200, 330), blur_px)
    found = cut_alpha(photo_of(alpha, np.array([0.10, 0.25, 0.60]), wall(0.3), shade))
    assert np.abs(found - alpha).sum() < 0.02 * alpha.sum()
    assert found[232, 250:].max() < 0.05


def test_pale_label_that_reaches_the_outline_stays_on() -> None:
    alpha = box(80, 250, 140, 220)
    colour = np.broadcast_to(np.array([0.05, 0.25, 0.12]), (H, W, 3)).copy()
    colour[140:200] = (0.85, 0.82, 0.68)  # cream before a wall of almost the same brightness
    found = cut_alpha(photo_of(alpha, colour, wall()))
    assert found[150:190, 145:215].min() > 0.95


def test_grey_cap_is_no_shadow() -> None:
    alpha = box(80, 250, 140, 220)
    colour = np.broadcast_to(np.array([0.60, 0.05, 0.05]), (H, W, 3)).copy()
    colour[:120] = wall()[0, 0] * 0.5  # the wall's own hue, darker, as a shadow would be
    found = cut_alpha(photo_of(alpha, colour, wall()))
    assert found[90:115, 150:210].min() > 0.95


@pytest.mark.parametrize("share", [0.6, 0.75])
def test_a_grey_product_on_lighter_grey_is_found_although_all_of_it_might_be_shadow(share: float) -> None:
    alpha = smooth_ellipse(H, W, (170, 200), (60, 80))
    ground = np.full((H, W, 3), 0.2, np.float32)
    found = cut_alpha(photo_of(alpha, share * ground, ground))
    assert np.abs(found - alpha).sum() < 0.02 * alpha.sum()


def test_shaded_side_belongs_to_its_product() -> None:
    """A side in the wall's own hue, darker: smoothly reached from the lit side, so it is no shadow."""
    alpha = box(80, 250, 120, 240)
    light = np.clip(1.5 - np.linspace(0, 1, W) * 2.2, 0.3, 1)[None, :, None]
    warm = np.clip(np.linspace(1, 0, W) * 3 - 1.2, 0, 1)[None, :, None] * np.array([0.10, -0.02, -0.15])
    found = cut_alpha(photo_of(alpha, (np.array([0.80, 0.79, 0.77]) + warm) * light * np.ones((H, W, 1)), wall()))
    assert found[100:230, 215:235].mean() > 0.95


def test_handle_stays_open_and_label_closed() -> None:
    body = smooth_ellipse(H, W, (160, 160), (90, 70))
    ring = smooth_ellipse(H, W, (160, 235), (50, 45)) - smooth_ellipse(H, W, (160, 235), (34, 30))
    found = cut_alpha(photo_of(np.maximum(body, np.clip(ring, 0, 1)), np.array([0.6, 0.1, 0.1]), wall()))
    assert found[160, 245] < 0.05  # the view through the handle
    assert found[160, 273] > 0.9  # the handle
    labelled = np.broadcast_to(np.array([0.6, 0.1, 0.1]), (H, W, 3)).copy()
    labelled[140:180, 130:190] = wall()[0, 0]  # a label exactly as pale as the wall
    assert cut_alpha(photo_of(body, labelled, wall()))[150:170, 140:180].min() > 0.95


def test_hole_without_the_grounds_colour_is_closed() -> None:
    found = np.zeros((120, 160), dtype=bool)
    found[20:100, 20:90] = True
    found[45:75, 90:120] = True
    found[52:68, 92:112] = False
    assert not _clean(found, ~found)[60, 100]
    assert _clean(found, np.zeros_like(found))[60, 100]


def test_only_a_plain_ground_is_taken_for_one() -> None:
    assert find_plain(to_lab(to_linear(to_srgb(wall(0.4))))) is not None
    assert find_plain(to_lab(to_linear(draw_table()))) is None
    two = wall()
    two[200:] *= np.array([0.5, 0.3, 0.2], np.float32)  # a wall and a table
    assert find_plain(to_lab(two)) is None


def test_bare_ground_holds_no_product() -> None:
    lab = to_lab(wall(0.3))
    ground = find_plain(lab)
    assert ground is not None
    assert not find_product(lab, ground).mark.any()
    with pytest.raises(InputError) as caught:
        cut_out(photo_of(box(0, 0, 0, 0), np.zeros(3), wall(0.3)), method="geodesic")
    assert caught.value.code == "cutout.nothing_found"


def test_outline_without_an_edge_in_the_photo_is_told() -> None:
    sure = photo_of(box(80, 250, 140, 220), np.array([0.1, 0.25, 0.6]), wall())
    assert not any("no edge" in note for note in cut_out(sure, method="geodesic").notes)
    fading = box(80, 250, 140, 220) * np.linspace(0, 1, H)[:, None] ** 2  # half of it runs out into the wall
    unsure = photo_of(fading.astype(np.float32), np.array([0.1, 0.25, 0.6]), wall())
    assert any("no edge" in note for note in cut_out(unsure, method="geodesic").notes)


def grey_cylinder(alpha: Array) -> Array:
    """A photo of a cylinder in the wall's own hue: lit on its left, and darker than the wall on its right."""
    ground = 0.62 * wall(0.35)
    light = np.interp(np.arange(W), (110, 160, 172, 215, 250), (1.5, 1.085, 0.915, 0.62, 0.5))
    return photo_of(alpha, ground * light[None, :, None], ground)


def test_shading_that_passes_the_tone_of_the_ground_belongs_to_its_product() -> None:
    alpha = box(80, 250, 110, 250)
    found = cut_alpha(grey_cylinder(alpha))
    assert np.abs(found - alpha).sum() < 0.06 * alpha.sum()
    assert found[100:230, 215:245].mean() > 0.95


def test_what_may_be_shadow_or_product_is_told() -> None:
    """A shadow exactly as dark as the side that throws it: nobody could tell where the one ends."""
    alpha = box(80, 250, 110, 250)
    shade = 1 - 0.5 * gaussian_filter(box(215, 250, 230, 330), 8)
    clear = photo_of(alpha, np.array([0.10, 0.25, 0.60]), wall(0.3), shade)
    assert not any("shadow" in note for note in cut_out(clear, method="geodesic").notes)
    photo = grey_cylinder(alpha)
    photo[150:250, 250:380] = photo[150:250, 246:250].mean(axis=(0, 1))
    assert any("shadow along its rim" in note for note in cut_out(photo, method="geodesic").notes)


@pytest.mark.parametrize("seed", range(5))
def test_noise_in_a_hard_shadow_does_not_make_it_product(seed: int) -> None:
    alpha = box(80, 250, 120, 220)
    shade = 1 - 0.55 * gaussian_filter(box(205, 250, 200, 330), 1.0)
    photo = photo_of(alpha, np.array([0.55, 0.28, 0.10]), wall(), shade, seed, noise=0.008)
    assert np.abs(cut_alpha(photo) - alpha).sum() < 0.02 * alpha.sum()
