"""Material, light and camera of a brief."""

from __future__ import annotations

import re

import pytest

from adstudio.prompt.lettering_words import asks_for_lettering
from adstudio.prompt.picture.look import Look, read_look
from adstudio.prompt.reading.directions import read_directions
from adstudio.prompt.reading.entries import entries
from adstudio.prompt.reading.scan import scan
from adstudio.prompt.reading.subject import name_subject


def look(text: str) -> Look:
    return read_look(text, scan(text))


@pytest.mark.parametrize(
    ("text", "material"),
    [
        ("유리 화병", "clear glass"),
        ("세라믹 컵", "matte ceramic"),
        ("오크 책장", "oak wood"),
        ("황동 램프", "warm brass"),
        ("소가죽 지갑", "leather"),
        ("트위드 자켓", "tweed"),
        ("벨벳 위 반지", "plush velvet"),
        ("라탄이랑 리넨", "woven rattan and linen"),
        ("가죽 말고 스웨이드", "soft suede"),
        ("금속 느낌 없이", ""),
        ("딸기라떼", ""),
    ],
)
def test_materials(text: str, material: str) -> None:
    assert look(text).material == material


@pytest.mark.parametrize(
    ("text", "light"),
    [
        ("햇살 드는", "soft sunlight"),
        ("아침햇살에", "soft morning sunlight"),
        ("역광으로 찍어줘", "backlight"),
        ("노을빛 가득", "golden sunset light"),
        ("네온 불빛", "neon glow"),
        ("촛불 켠 테이블", "warm candlelight"),
        ("은은한 조명", "soft diffused light"),
        ("자연광에서", "natural daylight"),
        ("어두운 조명", "low key light"),
        ("햇살 좋은 노을", "soft sunlight and golden sunset light"),
        ("역광 말고 자연광", "natural daylight"),
        ("네온 빼고", ""),
        ("매일 오전 11시 오픈", ""),  # an hour is copy
        ("달빛책방에서", ""),
        ("테이블 위에 케이크", ""),
    ],
)
def test_light(text: str, light: str) -> None:
    assert look(text).light_quality == light


@pytest.mark.parametrize(
    ("text", "camera"),
    [
        ("클로즈업으로", "close-up"),
        ("탑뷰로", "top-down view"),
        ("항공샷", "top-down view"),
        ("위에서 내려다본 사진", "top-down view"),
        ("위에서 찍은 라떼", "top-down view"),
        ("케이크 위에서 찍은 사진", "top-down view"),
        ("45도 각도", "three-quarter angle"),
        ("아웃포커싱 된", "shallow depth of field"),
        ("풀샷", "full view"),
        ("매크로로", "macro shot"),
        ("눈높이에서", "eye-level view"),
        ("클로즈업 탑뷰", "close-up, top-down view"),
        ("단면 클로즈업", "cut open view, close-up"),
        ("클로즈업 말고 풀샷", "full view"),
        # standing on something, or lit from above, is no camera
        ("나무 테이블 위에서 찍은 라떼", ""),
        ("테이블 위에 라떼", ""),
        ("위에서 조명", ""),
        ("빛이 위에서 떨어지는", ""),
    ],
)
def test_camera(text: str, camera: str) -> None:
    assert look(text).camera == camera


@pytest.mark.parametrize(
    ("text", "light"),
    [
        ("위에서 찍은 햇살 카페", None),
        ("위에서 내려다본 조명 아래 라떼", None),
        ("위에서 본 모습, 빛은 왼쪽에서", "left"),
        ("위에서 조명", "above"),
    ],
)
def test_a_camera_above_is_no_light_from_above(text: str, light: str | None) -> None:
    assert read_directions(text).light == light


def test_props_are_listed_once_and_not_when_denied() -> None:
    assert look("조개껍데기랑 꽃잎, 꽃잎").props == ("sea shells", "scattered petals")
    assert look("리본 없이 꽃잎").props == ("scattered petals",)


def test_nothing_said_is_an_empty_look() -> None:
    assert look("딸기라떼 광고") == Look()


def test_packaged_phrases_can_be_drawn() -> None:
    phrases = {e.english for e in entries() if e.kind in ("material", "light", "camera", "prop", "audience")}
    assert len(phrases) >= 200
    assert not [
        phrase for phrase in phrases if not re.fullmatch("[A-Za-zÀ-ÿ' -]+", phrase) or asks_for_lettering(phrase)
    ]


def test_a_material_describes_goods_but_no_food() -> None:
    assert name_subject("스웨이드 부츠", scan("스웨이드 부츠")).english == "a pair of soft suede boots"
    assert "ceramic" not in name_subject("세라믹 라떼", scan("세라믹 라떼")).english
