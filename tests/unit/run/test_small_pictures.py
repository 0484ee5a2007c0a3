"""On pictures hardly larger than an icon, the layout says that there is no room; the lettering never has to."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.layout.saliency import LocalAnalyzer
from adstudio.text.lettering import draw
from adstudio.types import AdCopy, TextStyle

SIZES = [(32, 32), (50, 100), (60, 80), (64, 64), (80, 60), (96, 96), (100, 50), (150, 150), (250, 250), (320, 50)]
COPY = [
    AdCopy("세일", price="900원", old_price="1,900원"),
    AdCopy("가을 신메뉴", "고구마라떼", price="5,500원", call_to_action="주문"),
    AdCopy("QR", link="https://a.kr/b"),
]


@pytest.mark.parametrize("min_px", [6, 8, 10, 20])
def test_what_is_laid_out_on_a_small_picture_can_be_lettered(min_px: int):
    laid = 0
    for width, height in SIZES:
        picture = np.full((height, width, 3), 0.6, np.float32)
        for copy in COPY:
            try:
                plan = LocalAnalyzer().place_text(picture, copy, min_px=min_px)
            except InputError as error:
                assert error.code in {"layout.no_room", "layout.no_room_for_code"}
                continue
            draw(picture, plan, TextStyle(min_px=min_px))
            laid += 1
    assert laid > 3


def test_a_code_that_no_phone_reads_is_told_as_such():
    with pytest.raises(InputError) as refused:
        LocalAnalyzer().place_text(np.full((120, 160, 3), 0.6, np.float32), COPY[2], min_px=10)
    assert refused.value.code == "layout.no_room_for_code"
    assert str(refused.value) == (
        "Inside the margins of a picture of 160x120 pixels a QR code would be 63 pixels wide; to be read it needs 94. "
        "Use a larger picture, or leave the link out."
    )
