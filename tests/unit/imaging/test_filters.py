"""The filters written here give what scipy's slower ones do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

from adstudio.imaging.arrays import differs
from adstudio.imaging.filters import highest, lowest


@pytest.mark.parametrize("size", [1, 3, 5, 9, 17])
@pytest.mark.parametrize("shape", [(40, 61), (5, 7), (1, 12)])
def test_extremes_are_those_of_every_window(size: int, shape: tuple[int, int]) -> None:
    values = np.random.default_rng(size).random(shape, dtype=np.float32)
    assert np.array_equal(highest(values, size), maximum_filter(values, size))
    assert np.array_equal(lowest(values, size), minimum_filter(values, size))


def test_pictures_differ_where_any_channel_does() -> None:
    one = np.zeros((2, 2, 3), np.float32)
    other = one.copy()
    other[0, 1, 2] = other[1, 0, 0] = 1e-6
    assert differs(one, other).tolist() == [[False, True], [True, False]]
