"""Shadows, mirror images and occlusion: where they fall, and where they must never be."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose
from adstudio.imaging.composite.grounding import mirror
from adstudio.imaging.composite.light import Lamp, estimate_light, find_lamp
from adstudio.imaging.composite.products import fit
from adstudio.imaging.composite.shadow import cast, find_foot
from adstudio.imaging.filters import blur, blur_spot
from adstudio.types import Array, CutOut, Placement, Stance
from benchmarks.still_life import PRODUCTS, render, render_room

from .conftest import flat, smooth_ellipse

GREY = (0.7, 0.7, 0.7)
SPOT = Placement(x=0.5, base_y=0.7, height=0.3)


def darkened(cut: CutOut, **options: object) -> Array:
    scene = flat(GREY)
    stance: Stance = options.pop("stance", "standing")  # pyright: ignore[reportAssignmentType]
    spot = Placement(SPOT.x, SPOT.base_y, SPOT.height, stance=stance)
    done = compose(scene, [cut], [spot], harmonize=0, **options)  # pyright: ignore[reportArgumentType]
    outside = done.mask < 0.001
    return np.where(outside, (scene - done.image).mean(axis=-1), 0)


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("stance", ["standing", "hanging", "flat_lay"])
def test_no_shadow_falls_on_the_product_itself(name: str, stance: Stance) -> None:
    cut = render(name, 160)
    spot = Placement(0.5, 0.8, 0.4, stance=stance)
    with_shadow, without = (
        compose(flat(GREY), [cut], [spot], harmonize=0, shadow=strength, light="left") for strength in (2.0, 0.0)
    )
    inside = without.mask == 1.0
    assert inside.sum() > 500
    assert np.array_equal(with_shadow.image[inside], without.image[inside])
    assert not np.array_equal(with_shadow.image, without.image)


@pytest.mark.parametrize(
    ("angle", "right", "down"), [(-60.0, 1, -1), (60.0, -1, -1), (-120.0, 1, 1), (120.0, -1, 1), (180.0, 0, 1)]
)
def test_shadow_of_the_top_falls_where_the_lamp_throws_it(block: CutOut, angle: float, right: int, down: int) -> None:
    shadow = cast(block.rgba[..., 3], Lamp(angle, 40.0, 0.2))
    y, x = np.mgrid[0 : shadow.thrown.shape[0], 0 : shadow.thrown.shape[1]]
    seen = shadow.thrown > 0.05
    middle_x = x[seen].mean() + shadow.left - 40
    middle_y = y[seen].mean() + shadow.top - 120
    assert abs(middle_x) < 3 if right == 0 else middle_x * right > 5
    assert middle_y * down > 3


def test_lower_light_throws_a_longer_shadow(block: CutOut) -> None:
    reach = []
    for height in (70.0, 50.0, 30.0):
        shadow = cast(block.rgba[..., 3], Lamp(-70.0, height, 0.2))
        columns = np.flatnonzero(shadow.thrown.max(axis=0) > 0.08)
        reach.append(columns[-1] + shadow.left)
    assert reach == sorted(reach) and reach[2] > 1.5 * reach[0]


def test_far_end_of_a_shadow_shows_no_line(block: CutOut) -> None:
    thrown = cast(block.rgba[..., 3], Lamp(-60.0, 40.0, 0.5)).thrown
    row = thrown[int(np.argmax(thrown[:, -len(thrown) // 3 :].max(axis=1)))]
    end = row[int(row.argmax()) :]
    assert end.max() > 0.2 and end.min() < 0.01
    assert float(np.diff(end).max()) < 0.001  # ever lighter outwards


def test_softer_light_has_no_hard_edge(block: CutOut) -> None:
    steep = [float(np.abs(np.diff(cast(block.rgba[..., 3], Lamp(-60.0, 45.0, soft)).thrown)).max()) for soft in (0, 1)]
    assert steep[1] < 0.8 * steep[0]


@pytest.mark.parametrize("height", [90.0, 89.9])
@pytest.mark.parametrize("stance", ["standing", "hanging", "flat_lay"])
def test_light_from_straight_above_is_safe(block: CutOut, height: float, stance: Stance) -> None:
    found = darkened(block, light_angle=0.0, light_height=height, stance=stance)
    assert np.isfinite(found).all() and found.max() > 0.03
    assert np.allclose(found, found[:, ::-1], atol=0.02)


@pytest.mark.parametrize("angle", [-90.0, 90.0])
def test_light_from_straight_aside_throws_a_shadow_along_the_ground(block: CutOut, angle: float) -> None:
    shadow = cast(block.rgba[..., 3], Lamp(angle, 40.0, 0.2))
    beside = shadow.thrown[:, : -shadow.left - 5] if angle > 0 else shadow.thrown[:, -shadow.left + 85 :]
    assert np.isfinite(shadow.thrown).all() and beside.max() > 0.3


def test_hanging_product_does_not_touch_the_wall(block: CutOut) -> None:
    hanging, standing = (darkened(block, light="left", stance=stance) for stance in ("hanging", "standing"))
    base = 280
    assert standing[base : base + 3, 190:210].mean() > 2 * hanging[base : base + 3, 190:210].mean()
    lying = darkened(block, light="left", stance="flat_lay")
    assert hanging[156:160, 190:210].max() < 0.5 * lying[156:160, 190:210].max()  # no dark seam above it either
    y, x = np.nonzero(hanging > 0.02)
    assert x.mean() > 200 and y.mean() > 210  # to the right of and lower than the product, as a whole


def test_lying_product_has_a_narrow_shadow_all_around(block: CutOut) -> None:
    lying = darkened(block, light="above", stance="flat_lay")
    assert min(lying[200, 154:159].max(), lying[200, 241:246].max(), lying[282:286, 200].max()) > 0.03
    assert lying[:, :100].max() < 0.01 and lying[:, 300:].max() < 0.01


def test_round_product_touches_only_in_its_middle() -> None:
    ball = np.concatenate(
        [flat((0.8, 0.2, 0.2), 100, 100), smooth_ellipse(100, 100, (50, 50), (48, 48))[..., None]], -1
    )
    foot = find_foot(ball[..., 3])
    assert foot.touching[50] and not foot.touching[8] and not foot.touching[92]
    dark = darkened(CutOut(ball, "mask"), light="above")
    assert dark[278:284, 195:205].mean() > 3 * dark[278:284, 140:150].mean()


def test_shadow_is_the_same_at_every_size(block: CutOut) -> None:
    large = CutOut(np.repeat(np.repeat(block.rgba, 8, 0), 8, 1), "mask")
    one, other = (cast(cut.rgba[..., 3], Lamp(-50.0)) for cut in (block, large))
    assert abs(other.thrown.mean() - one.thrown.mean()) < 0.01
    assert other.left / 8 == pytest.approx(one.left, abs=3)


def test_blurring_only_where_something_is_is_exact() -> None:
    spots = np.zeros((60, 90), np.float32)
    spots[3:9, 70:] = 0.8
    spots[30, 40] = 1
    for sigma in (0.7, (4.0, 1.5)):
        assert np.allclose(blur_spot(spots, sigma), blur(spots, sigma), atol=1e-6)
    assert blur_spot(np.zeros((4, 4), np.float32), 2.0).max() == 0


def test_two_shadows_of_one_lamp_do_not_add_up(block: CutOut) -> None:
    scene = flat(GREY)
    spots = [Placement(0.4, 0.7, 0.3), Placement(0.405, 0.7, 0.3)]
    one = compose(scene, [block], spots[:1], harmonize=0, light="left").image
    two = compose(scene, [block, block], spots, harmonize=0, light="left").image
    beside = np.s_[255:275, 205:225]
    assert (scene - two)[beside].mean() < 1.1 * (scene - one)[beside].mean()


def test_mirror_image_begins_at_the_foot_and_fades() -> None:
    cut = CutOut(np.concatenate([flat((0.9, 0.1, 0.1), 120, 80), np.ones((120, 80, 1), np.float32)], -1), "mask")
    done = compose(flat(GREY), [cut], [Placement(0.5, 0.6, 0.3)], harmonize=0, shadow=0, reflection=0.6)
    red = (done.image[..., 0] - done.image[..., 1])[240:, 200]
    assert red[1] > 0.2 and red[60] < red[20] < red[1]
    assert np.abs(done.image[:, :100] - 0.7).max() < 1e-3
    without = compose(flat(GREY), [cut], [Placement(0.5, 0.6, 0.3)], harmonize=0, shadow=0)
    assert np.array_equal(done.image[:240], without.image[:240])


def test_mirror_image_of_a_saucer_is_not_torn_where_its_rim_leaves_the_ground() -> None:
    y, x = np.mgrid[0:240, 0:320].astype(np.float32)
    alpha = np.clip((1 - np.hypot((x - 160) / 150, (y - 120) / 110)) * 110 + 0.5, 0, 1)
    cut = CutOut(np.concatenate([np.full((240, 320, 3), 0.8), alpha[..., None]], axis=-1).astype(np.float32), "mask")
    (product,), _ = fit([cut], [Placement(0.5, 0.6, 0.5)], np.zeros((400, 400, 3), np.float32))
    (sheet,) = mirror(product, 1.0)
    seen = sheet.alpha > 0.5 * sheet.alpha.max(axis=0)
    tops = seen.argmax(axis=0)[sheet.alpha.max(axis=0) > 0.2]
    assert np.abs(np.diff(tops)).max() < 0.04 * len(product.alpha)


def test_mirror_image_of_a_hanging_product_is_none(block: CutOut) -> None:
    (product,), _ = fit([block], [Placement(0.5, 0.5, 0.3, stance="hanging")], flat((0.5, 0.5, 0.5)))
    assert mirror(product, 1.0) == ()


def test_light_is_set_by_hand_over_what_was_read(block: CutOut) -> None:
    room = render_room(-60.0, size=256).picture
    done = compose(room, [block], [SPOT], light_angle=70.0, light_height=35.0)
    assert done.light == "right" and done.receipt["light_angle"] == 70.0 and done.receipt["light_height"] == 35.0
    assert not any("read from the backdrop" in note for note in done.notes)


@pytest.mark.parametrize("angle", [-70.0, -45.0, -25.0, 25.0, 45.0, 70.0])
def test_light_of_a_rendered_room_is_found(angle: float) -> None:
    lamp = estimate_light(render_room(angle, size=192).picture).lamp
    assert np.sign(lamp.angle_deg) == np.sign(angle)
    drawn = np.degrees(np.arctan2(lamp.rise, lamp.lean))
    assert abs(drawn - render_room(angle, size=64).shadow_deg) <= 15


@pytest.mark.parametrize(
    "options",
    [{"light": "west"}, {"angle_deg": 200.0}, {"height_deg": 0.0}, {"softness": 2.0}, {"height_deg": float("nan")}],
)
def test_impossible_light_is_named(options: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        find_lamp(**({"light": "left"} | options))  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "composite.light"


def test_light_from_the_very_side_throws_no_streak() -> None:
    """A shadow that leans along the table is as deep as the foot that throws it, all the way."""
    plate = smooth_ellipse(160, 160, (80, 80), (60, 60))
    depth = find_foot(plate).depth
    shadow = cast(plate, Lamp(-80.0, 50.0, 0.5))
    beside = shadow.thrown[:, 150 - shadow.left : 165 - shadow.left].mean(axis=1)  # right of the plate's edge at 140
    assert beside.max() > 0.05
    assert (beside > beside.max() / 2).sum() > 0.5 * depth


def test_contact_shadow_falls_off_from_the_foot_at_once() -> None:
    """One that is level for some pixels looks like a grey base under the product."""
    scene = flat((0.7, 0.7, 0.7), 600, 600)
    darkened = (scene - compose(scene, [render("jar", 500)], [Placement(0.5, 0.8, 0.6)]).image).mean(axis=-1)
    below = darkened[480:490, 300]
    assert below[0] > 0.25, "it must be dark right where it touches"
    assert below[5] < 0.75 * below[0]


def test_ground_before_the_lit_face_of_a_box_is_lit() -> None:
    """It stands on a corner: the lamp shines on its right face, and its shadow falls to the left."""
    scene = flat((0.7, 0.7, 0.7), 600, 600)
    picture = compose(scene, [render("box", 500)], [Placement(0.5, 0.8, 0.6)], light_angle=60.0, light_height=45.0)
    columns = np.flatnonzero(picture.mask.max(axis=0) > 0.5)
    left, right = columns[0] + 20, columns[-1] - 20

    def before(column: int) -> float:
        foot = int(np.flatnonzero(picture.mask[:, column] > 0.5)[-1]) + 14
        return float((scene - picture.image)[foot : foot + 4, column].mean())

    assert before(right) < 0.5 * before(left)
