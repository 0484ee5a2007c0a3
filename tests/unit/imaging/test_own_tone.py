"""Grey before grey, or before white with a shadow of its own grey: the product is whole, its shadow stays behind."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.imaging.cutout import geodesic
from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.types import Array, CutOut
from benchmarks.cutout import as_jpeg, scene


@pytest.mark.parametrize(
    ("name", "ground", "side", "most"),
    [
        ("mug", "gradient", 768, 0.02),  # the shadow on the wall has the very colour of its dark side
        ("grey mug", "grey, soft shadow", 512, 0.03),
        ("pale box", "grey, soft shadow", 512, 0.03),
        ("grey shoe", "grey, hard shadow", 512, 0.03),
        ("pale mug", "hard shadow", 512, 0.03),
        ("grey mug", "hard shadow", 400, 0.03),  # its handle hangs over part of the shadow
        ("pale box", "soft shadow", 768, 0.03),  # one side has the tone that its shadow has in the middle
        ("grey shoe", "soft shadow", 1024, 0.01),  # beside its toe and heel the shadow rises as fast as a step
        ("grey shoe", "grey, soft shadow", 1024, 0.01),  # an even stripe in its instep is as dark as a shadow
        ("white shoe", "hard shadow", 768, 0.02),  # a small shadow beside the toe
        ("white mug", "grey, hard shadow", 768, 0.03),  # colours tell the mug, and not its shadow
    ],
)
def test_product_of_the_grounds_hue_is_whole_without_its_shadow(name: str, ground: str, side: int, most: float) -> None:
    photo, truth = scene(name, ground, side)
    found = restore_frame(cut_out(as_jpeg(photo), method="geodesic"))[..., 3]
    assert float(np.abs(found - truth).sum() / truth.sum()) < most


def test_colours_tell_what_the_outline_does_not() -> None:
    """In a small noisy photo too little of the outline shows, but half of the product has a tone that no shadow has."""
    photo, truth = scene("pale mug", "grey, soft shadow", 256)
    cut = cut_out(as_jpeg(photo), method="geodesic")
    assert float(np.abs(restore_frame(cut)[..., 3] - truth).sum() / truth.sum()) < 0.05


def test_what_is_left_out_as_a_hard_shadow_of_another_hue_than_the_products_is_told() -> None:
    photo, _ = scene("white mug", "grey, hard shadow", 768)
    assert any("its shadow" in note for note in cut_out(as_jpeg(photo), method="geodesic").notes)


def test_handle_shows_the_table_and_the_wall_behind_it() -> None:
    photo, truth = scene("mug", "room")
    found = restore_frame(cut_out(photo, method="geodesic"))[..., 3]
    assert float(np.abs(found - truth).sum() / truth.sum()) < 0.01


def test_strip_left_out_for_its_hue_alone_is_told(
    coffee: Array, coffee_cut: CutOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saucer's rim beyond a gleam has the hue of the wood in shade, and is lost unless its oval tells of it."""
    assert not any("rim is whole" in note for note in coffee_cut.notes)
    monkeypatch.setattr(geodesic, "complete_rim", lambda photo, matte, edge_px: matte)
    assert any("rim is whole" in note for note in cut_out(coffee, method="geodesic").notes)
    photo, _ = scene("jar", "texture", 512)
    assert not any("rim is whole" in note for note in cut_out(photo, method="geodesic").notes)
