"""Which side the light comes from and which side stays clear for the copy."""

from __future__ import annotations

import pytest

from adstudio.prompt.reading.directions import read_directions


@pytest.mark.parametrize(
    ("text", "light", "copy_space"),
    [
        ("왼쪽에서 빛", "left", None),
        ("햇살이 오른쪽에서 들어와요", "right", None),
        ("위에서 조명", "above", None),
        ("빛이 위에서 떨어지는", "above", None),
        ("좌측 상단에서 빛", "left", None),
        ("오른쪽 창문으로 들어오는 빛", "right", None),
        ("왼쪽 말고 오른쪽에서 빛", "right", None),
        ("글자는 위에, 왼쪽에서 빛", "left", "top"),
        ("글자는 위에 왼쪽에서 햇살이", "left", "top"),
        ("빛은 오른쪽에서 글자는 위에", "right", "top"),
        ("조명은 왼쪽, 글자는 오른쪽", "left", "right"),
        ("오른쪽은 비워두고 왼쪽에서 햇빛", "left", "right"),
        ("제품은 왼쪽에 두고 오른쪽에 글자", None, "right"),
        ("왼쪽 여백", None, "left"),
        ("여백은 아래", None, "bottom"),
        ("우측 하단에 문구", None, "bottom"),
        ("가운데 글자", None, "center"),
        ("light from the right, space at the bottom", "right", "bottom"),
        ("대리석 위에 햇살", None, None),
        ("나무 테이블 위에 빛이 드는", None, None),
        ("왼쪽에 딸기라떼", None, None),
        ("위에서 찍은 햇살 카페", None, None),
        ("정면에서 찍은 사진, 햇살", None, None),
        ("위에서 내려다본 라떼, 빛은 오른쪽", "right", None),
        ("선물 위에 리본", None, None),
    ],
)
def test_sides_belong_to_light_or_copy(text: str, light: str | None, copy_space: str | None) -> None:
    directions = read_directions(text)
    assert (directions.light, directions.copy_space) == (light, copy_space)
