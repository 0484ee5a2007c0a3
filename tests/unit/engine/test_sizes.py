import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.drawing.sizes import ASPECTS, check_size, drawn_size, fit_size, size_for
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError


@pytest.mark.parametrize(("grid", "base"), [(16, 1024), (32, 512)])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_aspect_lies_on_the_grid_near_its_ratio_and_area(aspect: str, grid: int, base: int):
    width, height = size_for(aspect, grid=grid, base_px=base)
    across, down = ASPECTS[aspect]
    assert width % grid == 0
    assert height % grid == 0
    assert abs(math.log(width / height / (across / down))) < 0.06
    assert abs(math.log(width * height / base**2)) < 0.15
    assert check_size(width, height, grid, base) == (width, height)


def test_known_sizes():
    assert size_for("1:1", grid=16, base_px=1024) == (1024, 1024)
    assert size_for("1:1", grid=32, base_px=512) == (512, 512)
    assert size_for("2:1", grid=16, base_px=1024) == (1440, 720)  # the ratio counts before the area
    assert size_for("3:4", grid=16, base_px=1024) == (880, 1184)
    assert size_for("9:16", grid=32, base_px=512) == (384, 672)


def test_unknown_aspect_names_the_known_ones():
    with pytest.raises(InputError, match="4:5") as caught:
        size_for("21:10", grid=16, base_px=1024)
    assert caught.value.code == "size.unknown_aspect"


@pytest.mark.parametrize("size", [(1000, 1024), (1024, 1000), (0, 64), (-16, 64), (8, 64)])
def test_sizes_off_the_grid_are_refused_with_the_nearest(size: tuple[int, int]):
    with pytest.raises(InputError) as caught:
        check_size(*size, 16)
    assert caught.value.code == "size.off_grid"
    if size == (1000, 1024):
        assert "992x1024" in caught.value.hint or "1008x1024" in caught.value.hint


def test_too_large_is_refused_only_where_the_base_is_known():
    assert check_size(8192, 8192, 16) == (8192, 8192)
    with pytest.raises(InputError, match="2048x2048") as caught:
        check_size(2048, 2064, 16, 1024)
    assert caught.value.code == "size.too_large"


def test_a_photo_keeps_its_aspect_at_a_workable_area():
    assert fit_size(1024, 768, grid=16, base_px=1024) == (1024, 768)
    for size in [(4000, 3000), (64, 48), (1023, 767)]:
        width, height = fit_size(*size, grid=16, base_px=1024)
        assert abs(math.log(width / height / (size[0] / size[1]))) < 0.05
        assert 0.45 * 1024**2 < width * height < 1.6 * 1024**2
        assert width % 16 == height % 16 == 0


def test_an_extreme_photo_still_gets_a_size():
    width, height = fit_size(4000, 16, grid=32, base_px=512)
    assert width % 32 == height % 32 == 0
    assert height >= 32


def test_no_side_goes_beyond_the_table_of_positions(copy_of: Callable[[Path], Path], tiny: Path, host: TorchHost):
    config = copy_of(tiny) / "transformer" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "axes_lens": [1536, 32, 32]}))
    zit = load(config.parents[1], host)
    longest = 8 * zit.checkpoint.base_px
    options: dict[str, Any] = {"seed": 0, "steps": 1, "host": host}
    assert text_to_image(zit, "a strip", width=longest, height=16, **options).size == (longest, 16)
    with pytest.raises(InputError) as caught:
        text_to_image(zit, "a strip", width=longest + 16, height=16, **options)
    assert caught.value.code == "size.too_long"
    for shape in ((16, 9000, 3), (9000, 16, 3)):
        photo = np.zeros(shape, np.float32)
        assert max(image_to_image(zit, "a strip", photo, strength=1.0, **options).size) <= longest


@pytest.mark.parametrize("size", [(20_000, 100), (100, 20_000), (16_384, 256), (8208, 100), (17, 30_011)])
def test_a_photo_that_is_a_strip_keeps_its_aspect_as_far_as_it_goes(size: tuple[int, int]):
    width, height = fit_size(*size, grid=16, base_px=1024)
    assert max(width, height) <= 8192 and width % 16 == height % 16 == 0
    assert (width > height) == (size[0] > size[1])
    if min(size) >= 100:
        assert abs(math.log(width / height / (size[0] / size[1]))) < 0.25


def test_a_channels_size_is_drawn_near_its_ratio_but_never_flatter_than_the_model_can():
    assert drawn_size(1080, 1350, grid=16, base_px=1024) == size_for("4:5", grid=16, base_px=1024)
    for size in ((1029, 258), (1660, 260), (260, 1660)):
        width, height = drawn_size(*size, grid=16, base_px=1024)
        assert width % 16 == height % 16 == 0
        assert max(width / height, height / width) < 2.4
        assert abs(math.log(width * height / 1024**2)) < 0.15
        assert (width > height) == (size[0] > size[1])
