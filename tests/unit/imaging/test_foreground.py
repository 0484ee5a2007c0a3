"""The rim of a cut-out against a known truth: what the product's colour really was before it was mixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw

from adstudio.imaging.cutout.edges import refine_matte
from adstudio.imaging.cutout.foreground import clean_colours, halo, has_soft_edge, straighten
from adstudio.imaging.cutout.matting import cut_out
from adstudio.imaging.resample import premultiply, resize, resize_rgba, turn_rgba
from adstudio.types import Array

from .conftest import smooth_ellipse

H, W = 320, 480
BACKGROUNDS = ("green", "white", "busy")


def background(name: str) -> Array:
    if name == "busy":
        return np.ascontiguousarray(resize(skimage.data.chelsea().astype(np.float32) / np.float32(255), W, H))
    colour = (0.1, 0.8, 0.2) if name == "green" else (0.97, 0.97, 0.97)
    return np.broadcast_to(np.array(colour, np.float32), (H, W, 3)).copy()


@pytest.fixture(scope="module")
def product(coffee: Array) -> Array:
    return resize(coffee, W, H)


def outline(soft_px: float, shift_px: float = 0.0) -> Array:
    hard = smooth_ellipse(H, W, (160, 240), (120, 180)) if soft_px <= 1.5 and not shift_px else None
    if hard is not None:
        return hard
    y, x = np.mgrid[0:H, 0:W]
    inside = 1 - np.sqrt(((y - 160) / 120) ** 2 + ((x - 240) / 180) ** 2)
    return np.clip((inside * 120 + shift_px) / soft_px + 0.5, 0, 1).astype(np.float32)


def hair() -> Array:
    rng = np.random.default_rng(0)
    drawn = Image.new("L", (W * 3, H * 3))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse([500, 350, 940, 940], fill=255)
    for _ in range(250):
        angle = rng.uniform(0, 2 * np.pi)
        x, y = 720 + 220 * np.cos(angle), 645 + 295 * np.sin(angle)
        strand = [(x, y)]
        for _ in range(8):
            angle += rng.normal(0, 0.25)
            x, y = x + np.cos(angle) * 16, y + np.sin(angle) * 16
            strand.append((x, y))
        pen.line(strand, fill=255, width=int(rng.choice([1, 2, 3])))
    return np.asarray(drawn.resize((W, H), Image.Resampling.BOX), np.float32) / np.float32(255)


def mix(front: Array, alpha: Array, back: Array) -> Array:
    return (front * alpha[..., None] + back * (1 - alpha[..., None])).astype(np.float32)


def rim_error(found: Array, truth: Array, alpha: Array) -> float:
    """Mean error of the colour as far as it is seen, in 1/255."""
    rim = (alpha > 0.02) & (alpha < 0.98)
    return float((np.abs(found - truth) * alpha[..., None])[rim].mean() * 255)


@pytest.mark.parametrize("name", BACKGROUNDS)
@pytest.mark.parametrize(("alpha", "most"), [(outline(3), 4.0), (outline(25), 6.0), (hair(), 2.5)])
def test_rim_gets_the_products_colour(product: Array, name: str, alpha: Array, most: float) -> None:
    photo = mix(product, alpha, background(name))
    cleaned = clean_colours(photo, alpha)
    before = rim_error(photo, product, alpha)
    after = rim_error(cleaned, product, alpha)
    assert after < most and after < 0.6 * before
    assert np.array_equal(cleaned[alpha >= 0.95], photo[alpha >= 0.95])


@pytest.mark.parametrize("edge", ["hard", "soft"])
@pytest.mark.parametrize("half", [0, 1], ids=["no pixel", "one pixel"])
def test_a_matte_of_hard_steps_takes_the_colours_beside_it(edge: Any, half: int) -> None:
    """Where no half-clear pixel is near, what lies beside the outline takes the product's colour that it touches."""
    alpha = np.zeros((40, 60), np.float32)
    alpha[10:30, 20:40] = 1
    alpha[20, 19] = 0.5 * half
    photo = np.full((40, 60, 3), (0.2, 0.7, 0.3), np.float32)
    photo[10:30, 20:30], photo[10:30, 30:40] = (0.8, 0.1, 0.1), (0.1, 0.1, 0.9)
    cleaned = clean_colours(photo, alpha, edge)
    assert np.abs(cleaned[12:18, 19] - (0.8, 0.1, 0.1)).max() < 1e-5
    assert np.abs(cleaned[12:28, 40] - (0.1, 0.1, 0.9)).max() < 1e-5
    assert np.array_equal(cleaned[alpha == 1], photo[alpha == 1])


@pytest.mark.parametrize("shift", [-1.0, 0.5])
def test_a_matte_that_is_a_little_off_does_not_bring_the_background_back(product: Array, shift: float) -> None:
    photo = mix(product, outline(3), background("green"))
    wrong = outline(3, shift)
    assert rim_error(clean_colours(photo, wrong, "hard"), product, wrong) < 8
    assert rim_error(clean_colours(photo, wrong, "hard"), product, wrong) < 0.8 * rim_error(
        clean_colours(photo, wrong, "soft"), product, wrong
    )


def test_hair_is_told_from_an_outline() -> None:
    assert has_soft_edge(hair()) and has_soft_edge(outline(25))
    assert not has_soft_edge(outline(3)) and not has_soft_edge(outline(1.5))
    assert not has_soft_edge(np.ones((9, 9), np.float32))


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_halo_measures_what_is_left_of_the_background(product: Array, name: str) -> None:
    alpha = outline(3)
    photo = mix(product, alpha, background(name))
    dirty, clean, truth = (halo(each, alpha, photo) for each in (photo, clean_colours(photo, alpha), product))
    assert dirty > 0.3
    assert clean < 0.06 and clean <= truth + 0.02
    half = halo((photo + product) / 2, alpha, photo)
    assert clean < half < dirty


def test_halo_of_what_has_no_rim() -> None:
    photo = np.ones((20, 20, 3), np.float32)
    assert halo(photo, np.ones((20, 20), np.float32), photo) == 0


def test_premultiplied_colours_are_found_and_divided(product: Array) -> None:
    alpha = outline(12)
    found, was = straighten(product * alpha[..., None], alpha)
    assert was
    assert np.abs(found - product)[alpha > 0.1].max() < 0.01
    kept, was = straighten(product, alpha)
    assert not was and kept is product
    black = np.full_like(product, 0.01)
    assert not straighten(black, alpha)[1]


def test_premultiplied_file_is_cut_out_like_a_straight_one(product: Array) -> None:
    alpha = outline(40)
    straight = cut_out(np.concatenate([product, alpha[..., None]], axis=-1))
    dark = cut_out(np.concatenate([product * alpha[..., None], alpha[..., None]], axis=-1))
    seen = straight.rgba[..., 3] > 0.1
    assert np.abs(straight.rgba - dark.rgba)[seen].max() < 0.02
    assert any("multiplied" in note for note in dark.notes)
    assert not any("multiplied" in note for note in straight.notes)


def test_glass_keeps_its_own_colour(product: Array) -> None:
    alpha = outline(3) * 0.5
    alpha[140:180, 200:280] = 1.0  # a label on the glass
    cut = cut_out(np.concatenate([product, alpha[..., None]], axis=-1))
    left, top = cut.origin_px
    piece = product[top : top + cut.rgba.shape[0], left : left + cut.rgba.shape[1]]
    assert np.abs(cut.rgba[..., :3] - piece)[cut.rgba[..., 3] > 0.4].max() < 1e-5


def test_matte_is_fitted_where_only_the_hue_changes() -> None:
    truth = outline(1.5)
    red, green = np.array([0.9, 0.2, 0.2], np.float32), np.array([0.2, 0.9, 0.2], np.float32)  # equally bright
    photo = mix(np.broadcast_to(red, (H, W, 3)), truth, np.broadcast_to(green, (H, W, 3)))
    coarse = resize(resize(truth, W // 4, H // 4), W, H)
    fitted = refine_matte(photo, coarse)
    assert np.abs(fitted - truth).mean() < 0.15 * np.abs(coarse - truth).mean()


def test_turning_keeps_size_colour_and_edge() -> None:
    rgba = np.zeros((80, 40, 4), np.float32)
    rgba[...] = (0.8, 0.2, 0.1, 1.0)
    quarter = turn_rgba(rgba, 90, 1000)
    assert abs(quarter.shape[0] - 40) <= 1 and abs(quarter.shape[1] - 80) <= 1
    turned = turn_rgba(rgba, 30, 1000)
    assert abs(turned[..., 3].sum() - 3200) < 40
    seen = turned[..., 3] > 0.1
    assert np.abs(turned[..., :3][seen] - rgba[0, 0, :3]).max() < 0.02  # no dark fringe
    marked = rgba.copy()
    marked[:8, :, 2] = 1.0  # the top turns to the right: clockwise
    assert turn_rgba(marked, 90, 1000)[20, -4, 2] > 0.9


def test_huge_cut_out_is_reduced_in_strips() -> None:
    rng = np.random.default_rng(0)
    rgba = np.ones((2400, 1800, 4), np.float32)
    rgba[..., :3] = np.repeat(np.repeat(rng.random((24, 18, 3)), 100, 0), 100, 1)
    small = resize_rgba(rgba, 90, 120)
    assert small.shape == (120, 90, 4)
    assert premultiply(rgba, 90, 120).shape == (240, 180, 4)
    inner = small[2::5, 2::5, :3]
    assert np.abs(inner - rgba[50::100, 50::100, :3]).mean() < 0.01
