"""The size that somebody asked for: both sides, or neither."""

import pytest

from adstudio.engine.drawing.sizes import choose_size, size_for
from adstudio.errors import InputError
from adstudio.run.request import AdRequest


def test_both_sides_are_taken_and_none_means_the_aspect():
    assert choose_size("1:1", 1024, 512, grid=16, base_px=1024) == (1024, 512)
    assert choose_size("4:5", 0, 0, grid=16, base_px=1024) == size_for("4:5", grid=16, base_px=1024)


@pytest.mark.parametrize(("width", "height"), [(1024, 0), (0, 1024)])
def test_one_side_alone_is_refused_as_a_request_refuses_it(width: int, height: int):
    with pytest.raises(InputError) as caught:
        choose_size("16:9", width, height, grid=16, base_px=1024)
    with pytest.raises(InputError) as by_request:
        AdRequest(brief="딸기 라떼", width=width or None, height=height or None)
    assert caught.value.code == by_request.value.code == "request.half_a_size"
    assert str(caught.value) == str(by_request.value)
