from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose, describe
from adstudio.imaging.composite.receipt import receipt_lines
from adstudio.imaging.linear import delta_e2000, luminance, to_linear
from adstudio.imaging.resample import resize, resize_rgba
from adstudio.types import Array, Composite, CutOut, Note, Placement

from .conftest import draw_table, flat


def draw_scene(light: str = "left", wall: tuple[float, float, float] = (0.8, 0.75, 0.68)) -> Array:
    """A wall and a table, lit from one side."""
    y, x = np.mgrid[0:400, 0:400] / 400
    fall = {"left": 1.1 - 0.6 * x, "right": 0.5 + 0.6 * x, "above": 1.05 - 0.2 * y}[light]
    colours = np.where((y < 0.6)[..., None], np.array(wall), np.array([0.6, 0.45, 0.33]))
    return np.clip(colours * fall[..., None], 0, 1).astype(np.float32)


def solid(colour: tuple[float, float, float], height: int = 120, width: int = 80, alpha: float = 1.0) -> CutOut:
    rgba = np.empty((height, width, 4), dtype=np.float32)
    rgba[...] = (*colour, alpha)
    return CutOut(rgba=rgba, method="mask")


SPOT = Placement(x=0.5, base_y=0.8, height=0.3)  # 120 of 400 pixels: the block at its own size


def test_product_keeps_every_value_without_harmonising(block: CutOut) -> None:
    rng = np.random.default_rng(0)
    rgba = block.rgba.copy()
    rgba[..., :3] = rng.integers(0, 256, (120, 80, 3)).astype(np.float32) / np.float32(255)
    done = compose(draw_scene(), [CutOut(rgba, "mask")], [SPOT], harmonize=0)
    drawn = np.round(done.image[200:320, 160:240] * 255)
    assert (drawn == np.round(rgba[..., :3] * 255)).all()
    assert done.receipt["unchanged_share"] == 1.0
    assert done.receipt["scale"] == 1.0
    assert done.receipt["max_delta_e"] < 0.01


def test_backdrop_is_untouched_away_from_the_product(block: CutOut) -> None:
    scene = draw_scene()
    done = compose(scene, [block], [Placement(0.3, 0.8, 0.2)])
    assert np.array_equal(done.image[:100], scene[:100])
    assert np.array_equal(done.image[:, 350:], scene[:, 350:])
    assert not np.array_equal(done.image[300:340], scene[300:340])


def test_blending_happens_in_linear_light() -> None:
    half = solid((1, 0, 0), alpha=0.5)
    done = compose(flat((0, 1, 0)), [half], [SPOT], shadow=0, harmonize=0)
    assert np.round(done.image[260, 200] * 255).tolist() == [188, 188, 0]


def test_no_halo_at_a_soft_edge(coffee_cut: CutOut) -> None:
    for shade in (0.05, 0.95):
        scene = flat((shade, shade, shade))
        done = compose(scene, [coffee_cut], [SPOT], shadow=0, harmonize=0)
        rim = (done.mask > 0.02) & (done.mask < 0.98)
        # A rim pixel lies between the product's colours (saucer red, cup white, spoon) and the backdrop: nothing pink,
        # and no wood: red minus blue never exceeds the saucer's own.
        saucer = np.percentile((done.image[..., 0] - done.image[..., 2])[done.mask > 0.99], 99)
        assert (done.image[..., 0] - done.image[..., 2])[rim].max() <= saucer + 0.02


@pytest.mark.parametrize(("light", "dark_side"), [("left", 1), ("right", -1)])
def test_shadow_falls_away_from_the_light(block: CutOut, light: str, dark_side: int) -> None:
    scene = flat((0.7, 0.7, 0.7))
    done = compose(scene, [block], [SPOT], light=light)
    darkened = (scene - done.image).mean(axis=-1)
    right, left = darkened[280:320, 250:300].mean(), darkened[280:320, 100:150].mean()
    assert (right - left) * dark_side > 0.03
    assert done.light == light


def test_shadow_from_above_is_even(block: CutOut) -> None:
    scene = flat((0.7, 0.7, 0.7))
    darkened = (scene - compose(scene, [block], [SPOT], light="above").image).mean(axis=-1)
    assert np.allclose(darkened, darkened[:, ::-1], atol=0.02)
    assert darkened[321:324, 180:220].min() > 0.06


def test_shadow_is_darkest_at_the_foot_and_fades(block: CutOut) -> None:
    scene = flat((0.7, 0.7, 0.7))
    darkened = (scene - compose(scene, [block], [SPOT]).image).mean(axis=-1)
    below = darkened[320:360, 200]
    assert below[0] > 0.15
    assert (np.diff(below) <= 1e-4).all()
    assert below[-1] < below[0] / 5


def test_shadow_stays_on_the_ground(block: CutOut) -> None:
    scene = flat((0.7, 0.7, 0.7))
    darkened = (scene - compose(scene, [block], [SPOT], light="left").image).mean(axis=-1)
    assert darkened[150:230, 245:].max() < 0.02  # beside the product's upper half there is no dark ghost


def test_shadow_strength(block: CutOut) -> None:
    scene = flat((0.7, 0.7, 0.7))
    sums = [
        (scene - compose(scene, [block], [SPOT], shadow=value, harmonize=0).image)[320:].sum()
        for value in (0.0, 0.5, 1.0, 2.0)
    ]
    assert sums[0] == 0
    assert sums == sorted(sums) and len(set(sums)) == 4


@pytest.mark.parametrize("light", ["left", "right", "above"])
def test_light_is_read_from_the_backdrop(block: CutOut, light: str) -> None:
    done = compose(draw_scene(light), [block], [SPOT])
    assert done.light == light
    assert any("read from the backdrop" in note for note in done.notes)
    assert np.sign(round(done.receipt["light_x"], 1)) == {"left": -1, "right": 1, "above": 0}[light]


def test_higher_order_stands_in_front_then_lower_base() -> None:
    red, blue = solid((0.8, 0.1, 0.1)), solid((0.1, 0.1, 0.8))
    near, far = Placement(0.45, 0.85, 0.3), Placement(0.55, 0.8, 0.3)
    by_base = compose(draw_scene(), [red, blue], [near, far], harmonize=0)
    assert by_base.image[280, 200].tolist() == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    by_order = compose(draw_scene(), [red, blue], [near, Placement(0.55, 0.8, 0.3, order=1)], harmonize=0)
    assert by_order.image[280, 200].tolist() == pytest.approx([0.1, 0.1, 0.8], abs=0.01)


def test_product_behind_gets_a_halo_but_no_floor_shadow() -> None:
    back, front = solid((0.8, 0.8, 0.2)), solid((0.2, 0.2, 0.8))
    alone = compose(draw_scene(), [back], [Placement(0.4, 0.75, 0.3)], harmonize=0).image
    both = compose(
        draw_scene(), [back, front], [Placement(0.4, 0.75, 0.3), Placement(0.55, 0.85, 0.3)], harmonize=0
    ).image
    beside = (alone - both)[240:280, 173:179].mean()
    assert beside > 0.01  # darker close to the one in front …
    assert np.abs(alone - both)[200:290, 125:160].max() < 0.01  # … and nowhere else


def test_shadow_climbs_the_product_it_falls_on() -> None:
    front, back = solid((0.7, 0.7, 0.2), 120, 40), solid((0.7, 0.7, 0.7), 120, 100)
    places = [Placement(0.35, 0.8, 0.3), Placement(0.62, 0.76, 0.3)]

    def draw(angle: float, places: Sequence[Placement], strength: float = 1.0) -> Composite:
        return compose(
            flat((0.7, 0.7, 0.7)), [front, back], places, harmonize=0, shadow=strength,
            light_angle=angle, light_height=40.0, softness=0.1,
        )  # fmt: skip

    lit = draw(-60.0, places, 0.0)
    shaded = draw(-60.0, places)
    dark = np.where(lit.mask > 0.999, (lit.image - shaded.image).mean(axis=-1), 0)[:, 200:300]
    low, high = dark[280:300].mean(axis=0), dark[186:200].mean(axis=0)
    assert low.max() > 0.12  # on the side that it comes from …
    assert low[60:].max() < 0.25 * low.max()  # … and not all across
    assert high.max() < 0.25 * low.max()  # its top has come down on the way
    assert shaded.receipt["occluded_share"] > 0.02 and shaded.receipt["max_delta_e"] < 0.5
    away = draw(60.0, places)  # the one that stands nearer to the lamp is not shaded by the other
    assert np.array_equal(away.image[190:300, 230:290], lit.image[190:300, 230:290])


def test_receipt_counts_every_product() -> None:
    products = [solid((0.8, 0.1, 0.1)), solid((0.1, 0.1, 0.8), height=240, width=160)]
    done = compose(draw_scene(), products, [Placement(0.3, 0.8, 0.3), Placement(0.7, 0.8, 0.3)])
    assert done.receipt["products"] == 2
    assert done.receipt["scale"] == pytest.approx(1.0)
    assert done.receipt["scale_2"] == pytest.approx(0.5)
    assert "1.00x, 0.50x" in describe(done)
    assert all(isinstance(line, Note) and line.is_usual for line in receipt_lines(done)), (
        "another language says it, too"
    )


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_hidden_product_does_not_falsify_the_receipt(alpha: float) -> None:
    hidden, front = solid((0.8, 0.1, 0.1), 60, 40), solid((0.1, 0.1, 0.8), 200, 150, alpha)
    done = compose(draw_scene(), [hidden, front], [Placement(0.5, 0.7, 0.15), Placement(0.5, 0.8, 0.5, 1)], harmonize=0)
    assert done.receipt["max_delta_e"] < 0.01
    assert done.receipt["unchanged_share"] == 1.0


def test_harmonising_follows_the_scene_and_grows(block: CutOut) -> None:
    blue = draw_scene(wall=(0.4, 0.5, 0.9))
    grey = solid((0.6, 0.6, 0.6))
    changes, tints = [], []
    for strength in (0.0, 0.2, 0.4):
        done = compose(blue, [grey], [Placement(0.5, 0.55, 0.3)], harmonize=strength)
        tints.append(float(done.image[150, 200, 2] - done.image[150, 200, 0]))
        changes.append(done.receipt["mean_delta_e"])
    assert changes == sorted(changes) and changes[0] < 0.01 < changes[1]
    assert tints == sorted(tints) and tints[-1] > 0.02


@pytest.mark.parametrize("wall", [(0.9, 0.02, 0.02), (0.01, 0.01, 0.02), (1.0, 1.0, 1.0)])
def test_product_fidelity_has_a_limit(coffee_cut: CutOut, wall: tuple[float, float, float]) -> None:
    done = compose(flat(wall), [coffee_cut], [SPOT], harmonize=1.0)
    assert done.receipt["mean_delta_e"] <= 4.05
    assert done.receipt["harmonize"] < 1.0
    assert any("held back" in note for note in done.notes)


def test_receipt_agrees_with_the_picture(coffee_cut: CutOut) -> None:
    plain = compose(draw_scene(), [coffee_cut], [SPOT], harmonize=0)
    toned = compose(draw_scene(), [coffee_cut], [SPOT], harmonize=0.5)
    opaque = plain.mask > 0.999
    measured = delta_e2000(to_linear(plain.image), to_linear(toned.image))[opaque]
    assert toned.receipt["mean_delta_e"] == pytest.approx(float(measured.mean()), abs=0.05)
    assert toned.receipt["max_delta_e"] == pytest.approx(float(measured.max()), abs=0.2)


def test_too_large_and_too_far_out_is_fitted_and_said(block: CutOut) -> None:
    done = compose(draw_scene(), [solid((0.2, 0.6, 0.3), 900, 1800)], [Placement(0.05, 1.4, 3.0)])
    rows, columns = np.flatnonzero(done.mask.max(axis=1)), np.flatnonzero(done.mask.max(axis=0))
    assert rows[0] > 0 and rows[-1] < 399 and columns[0] > 0 and columns[-1] < 399
    assert done.receipt["scale"] < 0.25
    assert any("made smaller" in note and "moved inwards" in note for note in done.notes)


def test_enlarging_is_said() -> None:
    done = compose(draw_scene(), [solid((0.2, 0.6, 0.3), 40, 30)], [SPOT])
    assert any("enlarged 3.0 times" in note for note in done.notes)


def test_same_input_gives_the_same_picture_and_is_left_alone(coffee_cut: CutOut) -> None:
    scene = draw_scene()
    scene.flags.writeable = False
    before = coffee_cut.rgba.copy()
    assert np.array_equal(compose(scene, [coffee_cut], [SPOT]).image, compose(scene, [coffee_cut], [SPOT]).image)
    assert np.array_equal(coffee_cut.rgba, before)


def test_dark_scene_and_wide_banner(coffee_cut: CutOut) -> None:
    for scene in (draw_table() * np.float32(0.15), resize(draw_scene(), 1029, 258)):
        done = compose(scene, [coffee_cut], [Placement(0.5, 0.9, 0.7)])
        assert np.isfinite(done.image).all() and done.image.min() >= 0 and done.image.max() <= 1
        assert done.mask.shape == scene.shape[:2]
        assert luminance(done.image)[done.mask > 0.99].std() > 0.05


@pytest.mark.parametrize(
    ("cuts", "places", "options", "code"),
    [
        ([], [], {}, "composite.no_product"),
        ([solid((0, 0, 0))], [], {}, "composite.placements"),
        ([solid((0, 0, 0), alpha=0.0)], [SPOT], {}, "composite.empty_product"),
        ([CutOut(np.zeros((0, 5, 4), np.float32), "mask")], [SPOT], {}, "composite.empty_product"),
        ([CutOut(np.zeros((9, 9, 3), np.float32), "mask")], [SPOT], {}, "composite.empty_product"),
        ([solid((0, 0, 0))], [Placement(float("nan"), 0.8, 0.3)], {}, "composite.placement"),
        ([solid((0, 0, 0))], [Placement(0.5, 0.8, 0.0)], {}, "composite.placement"),
        ([solid((0, 0, 0))], [Placement(0.5, -0.2, 0.3)], {}, "composite.placement"),
        ([solid((0, 0, 0))], [Placement(7.0, 0.8, 0.3)], {}, "composite.placement"),
        ([solid((0, 0, 0))], [SPOT], {"shadow": -1.0}, "composite.shadow"),
        ([solid((0, 0, 0))], [SPOT], {"harmonize": float("nan")}, "composite.harmonize"),
        ([solid((0, 0, 0))], [SPOT], {"light": "west"}, "composite.light"),
    ],
)
def test_bad_input_is_named(cuts: list[CutOut], places: list[Placement], options: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        compose(draw_scene(), cuts, places, **options)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == code
    assert caught.value.hint


def test_a_product_that_would_be_nothing_but_blur_is_refused_and_a_soft_one_told(coffee_cut: CutOut) -> None:
    rows, columns = 40, round(40 * coffee_cut.rgba.shape[1] / coffee_cut.rgba.shape[0])
    small = CutOut(resize_rgba(coffee_cut.rgba, columns, rows), "mask")
    scene = resize(draw_scene(), 1024, 1024)
    with pytest.raises(InputError) as caught:
        compose(scene, [small], [Placement(0.5, 0.9, 0.4)])
    assert caught.value.code == "composite.product_too_small"
    assert f"{columns} × {rows} pixels and would be enlarged 10 times" in caught.value.message
    least = caught.value.figures["least"]
    assert isinstance(least, int) and least == 52
    larger = CutOut(resize_rgba(coffee_cut.rgba, round(columns * least / rows), least), "mask")
    done = compose(scene, [larger], [Placement(0.5, 0.9, 0.4)])  # as many pixels as the error asks for
    assert any(note.code == "composite.soft" for note in done.notes if isinstance(note, Note))


def test_a_large_picture_is_judged_as_it_is_looked_at(coffee_cut: CutOut) -> None:
    small = CutOut(resize_rgba(coffee_cut.rgba, 80, 80), "mask")
    place = [Placement(0.5, 0.9, 0.4)]
    assert compose(resize(draw_scene(), 2160, 2160), [small], place).mask.max() > 0.9  # 11 times, of which 5 are seen


def test_bad_backdrop_is_named(block: CutOut) -> None:
    with pytest.raises(InputError) as caught:
        compose(np.zeros((8, 8, 3), np.float32), [block], [SPOT])
    assert caught.value.code == "photo.too_small"


def test_the_summary_names_products_in_their_order_and_hidden_ones_too():
    block = CutOut(np.full((20, 20, 4), (0.6, 0.2, 0.2, 1.0), np.float32), "mask")
    backdrop = np.full((256, 256, 3), 0.6, np.float32)
    row = [Placement(0.05 + 0.08 * i, 0.8, (5 + i) * 5 / 256) for i in range(11)]
    told = describe(compose(backdrop, [block] * 11, row, shadow=0.0, harmonize=0.0))
    assert "drawn at 1.25x, 1.50x, 1.75x, 2.00x, 2.25x, 2.50x, 2.75x, 3.00x, 3.25x, 3.50x, 3.75x" in told
    behind = [Placement(0.5, 0.8, 0.1, order=0), Placement(0.5, 0.85, 0.5, order=1)]
    assert "mean delta E 0.00 (–, 0.00)" in describe(compose(backdrop, [block] * 2, behind, shadow=0.0, harmonize=0.0))
