"""A shadow alone: of a shape in its frame, to multiply with or to lay a product over."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose
from adstudio.imaging.composite.grounding import cast_alone, shade_white
from adstudio.imaging.composite.light import Lamp, find_lamp
from adstudio.imaging.linear import to_linear, to_srgb
from adstudio.types import Array, CutOut, Placement

from .conftest import flat, smooth_ellipse

LAMP = Lamp(-50.0, 45.0)


@pytest.fixture(scope="module")
def shape() -> Array:
    return smooth_ellipse(200, 300, (90, 150), (60, 40))


def test_shadow_is_zero_inside_and_strong_beside(shape: Array) -> None:
    density = cast_alone(shape, LAMP, "standing", 1.0)
    assert float(density[shape > 0.999].sum()) == 0.0
    assert density[150:153, 148:152].mean() > 0.3
    under = cast_alone(shape, LAMP, "standing", 1.0, under=True)
    assert under[shape > 0.999].max() > 0.3
    assert np.array_equal(under[shape <= 0.999], density[shape <= 0.999])


def test_multiplying_with_the_plate_is_the_composites_shadow(block: CutOut) -> None:
    scene, place = flat((0.7, 0.6, 0.5)), Placement(0.5, 0.8, 0.3)
    done = compose(scene, [block], [place], light=LAMP, harmonize=0)
    plate = shade_white(cast_alone(done.mask, LAMP, "standing", 1.0))
    laid = to_srgb(to_linear(plate) * to_linear(scene))
    assert np.abs(laid - done.image)[done.mask == 0].max() < 1 / 255


def test_strength_and_clear_frame(shape: Array) -> None:
    assert cast_alone(shape, LAMP, "standing", 0.0).max() == 0
    assert np.array_equal(shade_white(np.zeros((4, 5), np.float32)), np.ones((4, 5, 3), np.float32))
    half, whole = (cast_alone(shape, LAMP, "hanging", value).sum() for value in (0.5, 1.0))
    assert half < whole


def test_a_single_pixel_throws_a_shadow() -> None:
    alone = np.zeros((40, 40), np.float32)
    alone[20, 20] = 1
    for stance in ("standing", "hanging", "flat_lay"):
        assert np.isfinite(cast_alone(alone, LAMP, stance, 1.0)).all()


def test_shape_at_the_frames_edge() -> None:
    edge = np.zeros((60, 60), np.float32)
    edge[30:, 40:] = 1
    density = cast_alone(edge, LAMP, "standing", 1.0)
    assert density.shape == (60, 60) and np.isfinite(density).all()


def test_light_without_a_scene_comes_from_above() -> None:
    assert find_lamp("auto").side == "above"


@pytest.mark.parametrize(
    ("alpha", "strength", "code"),
    [(np.zeros((9, 9)), 1.0, "shadow.empty"), (np.ones((9, 9)), 3.0, "shadow.strength"),
     (np.ones((9, 9)), float("nan"), "shadow.strength")],
)  # fmt: skip
def test_bad_input_is_named(alpha: Array, strength: float, code: str) -> None:
    with pytest.raises(InputError) as caught:
        cast_alone(alpha.astype(np.float32), LAMP, "standing", strength)
    assert caught.value.code == code and caught.value.hint
