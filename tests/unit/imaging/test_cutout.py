from __future__ import annotations

import re

import numpy as np
import pytest
import skimage.data
from scipy import ndimage
from sklearn.datasets import load_sample_image

from adstudio.errors import InputError, MissingDependency, ModelError
from adstudio.imaging.cutout import rembg_models
from adstudio.imaging.cutout.edges import shrink
from adstudio.imaging.cutout.foreground import clean_colours
from adstudio.imaging.cutout.geodesic import _clean
from adstudio.imaging.cutout.matting import cut_out, methods, restore_frame
from adstudio.imaging.resample import resize_rgba
from adstudio.types import Array, CutOut

from .conftest import Drawn, draw_table, flat, smooth_ellipse


def overlap(found: Array, truth: Array) -> float:
    one, other = found > 0.5, truth > 0.5
    return float((one & other).sum() / (one | other).sum())


def test_coffee_is_cut_out_whole_and_clean(coffee_cut: CutOut) -> None:
    alpha = restore_frame(coffee_cut)[..., 3]
    inside = {"cup rim": (110, 185), "coffee": (150, 290), "saucer left": (200, 100), "saucer right": (230, 460)}
    inside |= {"cup's inner wall": (95, 220), "inner wall, far side": (82, 300)}  # in parts as brown as the table
    inside |= {"spoon": (285, 365), "spoon handle": (85, 412), "handle": (270, 225), "saucer bottom": (375, 290)}
    outside = {"table left": (300, 30), "table right": (300, 560), "top left": (20, 20), "bottom right": (390, 580)}
    assert {name for name, spot in inside.items() if alpha[spot] < 0.99} == set()
    assert {name for name, spot in outside.items() if alpha[spot] > 0.01} == set()
    assert ndimage.label(alpha > 0.5)[1] == 1  # pyright: ignore[reportIndexIssue]
    assert float(((alpha > 0.02) & (alpha < 0.98)).mean()) < 0.02  # a crisp outline, no haze
    assert coffee_cut.method == "geodesic"


def test_shadow_under_the_saucers_rim_is_left_behind(coffee_cut: CutOut) -> None:
    matte = restore_frame(coffee_cut)[..., 3]
    assert matte[244:258, 74:80].mean() < 0.1  # on its left …
    assert matte[300:310, 460:466].mean() < 0.3  # … and on its right
    assert matte[200:240, 90:470].min() > 0.9


def test_coffee_outline_is_smooth(coffee_cut: CutOut) -> None:
    found = restore_frame(coffee_cut)[..., 3] > 0.5
    y, x = np.mgrid[-6:7, -6:7]
    knobs = found & np.logical_not(ndimage.binary_opening(found, structure=x * x + y * y <= 36))
    assert knobs.mean() < 0.002


def test_flower_is_taken_without_its_neighbour() -> None:
    cut = cut_out(load_sample_image("flower.jpg"), method="geodesic")
    alpha = restore_frame(cut)[..., 3]
    assert alpha[225, 310] == 1 and alpha[110, 310] > 0.99
    assert alpha[410, 390] == 0  # the second flower, cut by the lower edge
    assert alpha[367, 387] == 0  # the blurred stem between the two
    assert alpha[:80].max() == 0


def test_photo_too_busy_for_the_weight_free_method_is_told(coffee_cut: CutOut) -> None:
    assert not any("too busy" in note for note in coffee_cut.notes)
    portrait = skimage.data.astronaut()[::2, ::2].astype(np.float32) / np.float32(255)
    assert any("too busy" in note for note in cut_out(portrait, method="geodesic").notes)


@pytest.mark.parametrize(
    ("name", "from_row", "method"),
    [("chelsea", 0, "auto"), ("chelsea", 0, "geodesic"), ("rocket", 0, "geodesic"), ("chelsea", 30, "geodesic")],
    ids=["auto", "a torn face", "half of a tower", "eyes and nose"],
)
def test_a_guess_is_refused_rather_than_cut_out(
    name: str, from_row: int, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rembg_models, "is_installed", lambda: False)
    photo = getattr(skimage.data, name)()[from_row:].astype(np.float32) / np.float32(255)
    with pytest.raises(InputError) as caught:
        cut_out(photo, method=method)
    assert caught.value.code == "cutout.too_busy"
    assert "plain background" in caught.value.hint and "mask" in caught.value.hint
    alpha = np.zeros(photo.shape[:2], np.float32)
    alpha[100:250, 100:300] = 1
    assert cut_out(photo, mask=alpha).method == "mask"


def test_drawn_plate_matches_its_truth(plate: Drawn) -> None:
    cut = cut_out(plate.photo, method="geodesic")
    assert overlap(restore_frame(cut)[..., 3], plate.alpha) > 0.97


def test_a_pen_on_coarse_wood_keeps_its_outline() -> None:
    """It is thinner than what is left aside where an outline is sought."""
    grain = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((512, 512)), (1, 7)) * 3
    grain += np.sin(np.linspace(0, 60, 512))[:, None]
    wood = np.clip(np.array([0.62, 0.45, 0.30]) * (1 + 0.10 * grain)[..., None], 0, 1)
    alpha = smooth_ellipse(512, 512, (256, 256), (8, 180))
    cut = cut_out((wood + ((0.1, 0.15, 0.5) - wood) * alpha[..., None]).astype(np.float32), method="geodesic")
    assert float(np.abs(restore_frame(cut)[..., 3] - alpha).sum() / alpha.sum()) < 0.1
    assert not any("no edge" in note for note in cut.notes)


def test_large_photo_gets_an_outline_as_crisp_as_a_small_one(plate: Drawn) -> None:
    large = resize_rgba(np.concatenate([plate.photo, np.ones((300, 400, 1), np.float32)], axis=2), 1600, 1200)[..., :3]
    alpha = restore_frame(cut_out(large, method="geodesic"))[..., 3]
    truth = smooth_ellipse(1200, 1600, (602, 822), (380, 480))
    assert overlap(alpha, truth) > 0.97
    soft = ((alpha > 0.02) & (alpha < 0.98)).sum()
    assert soft < 4 * 2 * np.pi * 430  # the circumference, at most four pixels wide


def test_part_in_the_colour_of_the_table_is_no_hole() -> None:
    table = draw_table()
    outer = smooth_ellipse(300, 400, (150, 200), (100, 100))
    middle = smooth_ellipse(300, 400, (150, 200), (45, 45))  # coffee as brown as the wood around the cup
    ring = (outer * (1 - middle))[..., None]
    photo = np.array([0.9, 0.9, 0.95], np.float32) * ring + table * (1 - ring)
    alpha = restore_frame(cut_out(photo.astype(np.float32), method="geodesic"))[..., 3]
    assert alpha[150, 200] == 1
    assert overlap(alpha, outer) > 0.97


def test_glare_and_crumbs_neither_pierce_nor_surround_the_product(plate: Drawn) -> None:
    photo = plate.photo.copy()
    table = draw_table()
    photo[140:150, 200:210] = table[140:150, 200:210]  # a patch as brown as the table
    photo[20:26, 30:36] = (0.1, 0.5, 0.55)  # a crumb of the plate's colour
    alpha = restore_frame(cut_out(photo, method="geodesic"))[..., 3]
    assert alpha[145, 205] == 1
    assert alpha[:40, :60].max() == 0
    assert overlap(alpha, plate.alpha) > 0.97


def test_holes_are_closed_and_specks_dropped() -> None:
    found = np.zeros((60, 80), dtype=bool)
    found[10:50, 10:60] = True
    found[25:35, 30:40] = False
    found[5:10, 70:75] = True
    cleaned = _clean(found)
    assert cleaned[25:35, 30:40].all()
    assert not cleaned[:, 65:].any()


def test_same_photo_gives_the_same_cut(plate: Drawn) -> None:
    assert np.array_equal(cut_out(plate.photo).rgba, cut_out(plate.photo).rgba)


@pytest.mark.parametrize("photo", [flat((0.4, 0.5, 0.6)), draw_table()], ids=["flat", "bare table"])
def test_photo_without_product_is_refused(photo: Array) -> None:
    with pytest.raises(InputError) as caught:
        cut_out(photo, method="geodesic")
    assert caught.value.code in {"cutout.nothing_found", "cutout.everything_found"}
    assert "mask" in caught.value.hint


def test_old_background_leaves_the_rim(plate: Drawn) -> None:
    rim = (plate.alpha > 0.05) & (plate.alpha < 0.9)
    cleaned = clean_colours(plate.photo, plate.alpha)
    before = np.abs(plate.photo - plate.product)[rim].mean()
    after = np.abs(cleaned - plate.product)[rim].mean()
    assert after < before / 5
    assert (cleaned[plate.alpha >= 0.95] == plate.photo[plate.alpha >= 0.95]).all()


def test_clear_pixels_lend_no_colour_when_resized() -> None:
    rgba = np.zeros((64, 64, 4), dtype=np.float32)
    rgba[..., 1] = 1.0  # clear green all around …
    rgba[16:48, 16:48] = (1, 0, 0, 1)  # … a red product
    small = resize_rgba(rgba, 23, 23)
    seen = small[..., 3] > 0.05
    assert small[..., 1][seen].max() < 0.02
    assert small[..., 0][seen].min() > 0.95


def test_edge_trim_pulls_the_outline_in(plate: Drawn) -> None:
    whole = cut_out(plate.photo, mask=plate.alpha)
    trimmed = cut_out(plate.photo, mask=plate.alpha, edge_trim_px=4)
    assert 6 <= whole.rgba.shape[1] - trimmed.rgba.shape[1] <= 10
    cut_by_frame = np.zeros((20, 20), np.float32)
    cut_by_frame[:, 10:] = 1
    assert shrink(cut_by_frame, 2)[10, -1] == 1  # the photo's edge is no outline
    assert shrink(cut_by_frame, 2)[10, 10] == 0


@pytest.mark.parametrize("by_px", [-1.0, float("nan"), 1000.0, 99.0])
def test_useless_edge_trim_is_named(plate: Drawn, by_px: float) -> None:
    with pytest.raises(InputError) as caught:
        cut_out(plate.photo, mask=plate.alpha, edge_trim_px=by_px)
    expected = "cutout.trimmed_away" if by_px == 99.0 else "cutout.edge_trim"  # 99 may be asked for, but leaves nothing
    assert caught.value.code == expected and f"{by_px:g}" in caught.value.message


def test_mask_of_one_pixel_is_too_small_and_not_empty(plate: Drawn) -> None:
    dot = np.zeros_like(plate.alpha)
    dot[150, 200] = 1
    with pytest.raises(InputError) as caught:
        cut_out(plate.photo, mask=dot)
    assert caught.value.code == "cutout.too_small"


def test_given_mask_is_used_as_it_is(plate: Drawn) -> None:
    cut = cut_out(plate.photo, mask=plate.alpha)
    assert cut.method == "mask"
    frame = restore_frame(cut)
    assert frame.shape == (300, 400, 4)
    assert np.abs(frame[..., 3] - plate.alpha).max() < 0.03
    left, top = cut.origin_px
    assert cut.rgba.shape[0] < 200 and (left, top) == (int(np.flatnonzero(plate.alpha.max(0) > 0.02)[0]), top)


def test_hard_mask_gets_a_smooth_edge(plate: Drawn) -> None:
    hard = (plate.alpha > 0.5).astype(np.float32)
    alpha = cut_out(plate.photo, mask=hard).rgba[..., 3]
    assert ((alpha > 0.1) & (alpha < 0.9)).any()


def test_smaller_mask_of_the_same_shape_fits(plate: Drawn) -> None:
    cut = cut_out(plate.photo, mask=np.ascontiguousarray(plate.alpha[::2, ::2]))
    assert overlap(restore_frame(cut)[..., 3], plate.alpha) > 0.97


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (np.zeros((300, 400)), "cutout.empty_mask"),
        (np.ones((300, 400)), "cutout.full_mask"),
        (np.ones((64, 64)), "cutout.full_mask"),  # what Load Image gives for an opaque photo, inverted
        (np.eye(400), "cutout.mask_size"),
        (np.zeros((3, 300, 400)), "cutout.mask_shape"),
        (np.full((300, 400), 255.0), "cutout.mask_values"),
        (np.full((300, 400), np.nan), "cutout.mask_values"),
    ],
)
def test_useless_masks_are_named(plate: Drawn, mask: Array, code: str) -> None:
    with pytest.raises(InputError) as caught:
        cut_out(plate.photo, mask=mask.astype(np.float32))
    assert caught.value.code == code


def test_mask_the_wrong_way_round_is_noticed(plate: Drawn) -> None:
    cut = cut_out(plate.photo, mask=1 - plate.alpha)
    assert any("wrong way round" in note for note in cut.notes)


def test_product_cut_by_the_photo_is_noticed(plate: Drawn) -> None:
    alpha = plate.alpha[:150]
    cut = cut_out(plate.photo[:150], mask=alpha)
    assert any("cut off" in note and "bottom" in note for note in cut.notes)


def test_photo_with_transparency_needs_no_search(plate: Drawn) -> None:
    rgba = np.concatenate([plate.photo, plate.alpha[..., None]], axis=-1)
    cut = cut_out(rgba)
    assert cut.method == "mask"
    assert any("transparency" in note for note in cut.notes)
    assert overlap(restore_frame(cut)[..., 3], plate.alpha) > 0.99


def test_auto_says_why_it_took_the_weight_free_method(plate: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rembg_models, "is_installed", lambda: False)
    cut = cut_out(plate.photo)
    assert cut.method == "geodesic"
    assert any("rembg is not installed" in note for note in cut.notes)


def test_unused_mask_is_mentioned(plate: Drawn) -> None:
    assert any("does not use it" in note for note in cut_out(plate.photo, method="geodesic", mask=plate.alpha).notes)


def test_named_model_without_rembg_or_weights(plate: Drawn, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(rembg_models, "is_installed", lambda: False)
    with pytest.raises(MissingDependency, match="rembg"):
        cut_out(plate.photo, method="rembg:u2net")


def test_methods_hide_what_ads_may_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(rembg_models.NON_COMMERCIAL_SWITCH, raising=False)
    assert methods()[:3] == ["auto", "geodesic", "mask"]
    assert "rembg:u2net" in methods()
    assert "rembg:bria-rmbg" not in methods()
    assert not {name for name in methods() if "withoutbg" in name or "atlascloud" in name}
    monkeypatch.setenv(rembg_models.NON_COMMERCIAL_SWITCH, "1")
    assert "rembg:bria-rmbg" in methods()


def test_non_commercial_weights_need_the_switch(plate: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(rembg_models.NON_COMMERCIAL_SWITCH, raising=False)
    with pytest.raises(ModelError) as caught:
        cut_out(plate.photo, method="rembg:bria-rmbg")
    assert caught.value.code == "cutout.non_commercial"


@pytest.mark.parametrize("method", ["grabcut", "rembg:withoutbg", ""])
def test_unknown_method_is_named(plate: Drawn, method: str) -> None:
    with pytest.raises(InputError) as caught:
        cut_out(plate.photo, method=method)
    assert caught.value.code == "cutout.unknown_method"


def test_mask_method_without_mask(plate: Drawn) -> None:
    with pytest.raises(InputError) as caught:
        cut_out(plate.photo, method="mask")
    assert caught.value.code == "cutout.no_mask"


def test_many_islands_are_told_and_a_pair_is_not(plate: Drawn) -> None:
    discs = [smooth_ellipse(300, 400, (150, 50 + 75 * number), (30, 30)) for number in range(5)]
    many = cut_out(plate.photo, mask=np.maximum.reduce(discs))
    assert any("5 separate parts" in note for note in many.notes)
    assert not any("separate parts" in note for note in cut_out(plate.photo, mask=discs[0] + discs[2]).notes)


def _disc_on_green(rim_px: float) -> tuple[Array, Array]:
    """A red disc, its matte, and its photo on green; the rim mixes both."""
    y, x = np.mgrid[0:300, 0:300]
    away = 90 - np.hypot(x - 150, y - 150)
    alpha = np.clip(away / max(rim_px, 1e-6) + 0.5, 0, 1).astype(np.float32)
    red, green = np.array([0.8, 0.1, 0.1], np.float32), np.array([0.1, 0.7, 0.2], np.float32)
    return alpha[..., None] * red + (1 - alpha[..., None]) * green, alpha


def test_notes_tell_how_much_of_the_background_the_rim_held_and_holds() -> None:
    photo, alpha = _disc_on_green(rim_px=4)
    (note,) = [note for note in cut_out(photo, mask=alpha).notes if "rim" in note]
    before, after = (int(figure) for figure in re.findall(r"(\d+)%", note))
    assert 25 <= before <= 50 and after <= 2
    # A soft edge with its own transparency keeps its colours, and the note says what that leaves.
    saved = np.concatenate([photo, alpha[..., None]], axis=-1)
    (note,) = [note for note in cut_out(saved).notes if "rim" in note]
    assert int(re.findall(r"(\d+)%", note)[1]) <= before


def test_an_edge_that_shows_no_background_gets_no_figure() -> None:
    _, alpha = _disc_on_green(rim_px=0)
    grey = np.full((*alpha.shape, 3), 0.5, np.float32)
    assert not [note for note in cut_out(grey, mask=alpha).notes if "rim" in note]
