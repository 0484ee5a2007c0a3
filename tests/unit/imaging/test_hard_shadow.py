"""A box in hard light: its shadow is as sharp as its own edges, and joined to it by a dark corner at the foot."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.imaging.cutout.matting import cut_out, restore_frame
from benchmarks.cutout import scene

SIDE = 512


@pytest.mark.parametrize("name", ["box", "jar"])
def test_hard_shadow_is_left_behind(name: str) -> None:
    photo, truth = scene(name, "hard shadow", SIDE)
    found = restore_frame(cut_out(photo, method="geodesic"))[..., 3]
    beside = (truth == 0) & (photo.mean(axis=-1) < 0.8)  # the shadow: all else of this ground is nearly white
    assert beside.sum() > 0.05 * truth.sum(), "the scene must have the shadow that the test is about"
    assert found[beside].mean() < 0.05
    assert np.abs(found - truth).sum() < 0.02 * truth.sum()
