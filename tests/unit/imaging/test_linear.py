from __future__ import annotations

import numpy as np
import pytest
from skimage import color

from adstudio.imaging.linear import to_lab, to_linear, to_srgb


def test_way_there_and_back_keeps_eight_bits() -> None:
    values = np.arange(256, dtype=np.float32) / np.float32(255)
    assert np.array_equal(np.round(to_srgb(to_linear(values)) * 255), np.arange(256))


def test_known_values() -> None:
    assert to_srgb(np.array([0.5], dtype=np.float32)) * 255 == pytest.approx(187.5, abs=0.1)
    assert to_linear(np.array([1.0], dtype=np.float32)) == pytest.approx(1.0)
    assert to_srgb(np.array([-1.0, 2.0], dtype=np.float32)).tolist() == pytest.approx([0.0, 1.0])


def test_lab_agrees_with_scikit_image() -> None:
    colours = np.random.default_rng(0).random((500, 3)).astype(np.float32)
    assert np.abs(to_lab(to_linear(colours)) - color.rgb2lab(colours)).max() < 0.05
