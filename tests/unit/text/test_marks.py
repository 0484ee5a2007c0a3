"""Marks: a QR code that a reader reads, and a logo that keeps its shape and is seen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.text.lettering import draw, letter
from adstudio.types import Array, Box, LayoutPlan, Mark, TextBlock

QR = Mark("qr", Box(0.62, 0.6, 0.98, 0.96), "https://pf.kakao.com/_xkAbCd")
SLOT = Mark("logo", Box(0.1, 0.1, 0.5, 0.3))


@pytest.fixture(scope="module")
def photo() -> Array:
    return (data.astronaut() / 255).astype(np.float32)


def logo(colour: tuple[float, float, float], width: int = 60, height: int = 20) -> Array:
    """A frame of the colour with clear margins and a clear middle."""
    rgba = np.zeros((height + 8, width + 12, 4), np.float32)
    rgba[4:-4, 6:-6] = (*colour, 1)
    rgba[9:-9, 12:-12, 3] = 0
    return rgba


def to_bytes(image: Array) -> Image.Image:
    return Image.fromarray((image * 255 + 0.5).astype(np.uint8))


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize(
    "link", ["https://pf.kakao.com/_xkAbCd", "https://naver.me/5abcDEfg", "카카오톡에서 ‘봄날’ 검색"]
)
def test_code_is_read_as_saved_and_as_shared_small(link: str, photo: Array):
    image = to_bytes(draw(photo, LayoutPlan(marks=(Mark("qr", QR.box, link),))))
    assert read(image) == [link]
    file = io.BytesIO()
    image.resize((390, 390), Image.Resampling.BICUBIC).save(file, "JPEG", quality=60)  # as a messenger sends it
    assert read(Image.open(file)) == [link]


def test_code_keeps_its_quiet_zone_and_whole_pixels(photo: Array):
    image = draw(photo, LayoutPlan(marks=(QR,)))
    left, top, right, bottom = QR.box.pixels(512, 512)
    card = image[top:bottom, left:right].max(axis=2)
    dark = card < 0.5
    rows, columns = (np.flatnonzero(dark[25:-25, 25:-25].any(axis=axis)) + 25 for axis in (1, 0))
    code = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    module = int(np.argmin(code[0])) // 7  # the finder's upper edge: seven modules
    assert code.shape[0] == code.shape[1] and code.shape[0] % module == 0 and module >= 3
    grid = code.reshape(code.shape[0] // module, module, -1, module)
    assert (grid == grid[:, :1, :, :1]).all()
    quiet = 4 * module
    around = card[rows[0] - quiet : rows[-1] + 1 + quiet, columns[0] - quiet : columns[-1] + 1 + quiet].copy()
    around[quiet:-quiet, quiet:-quiet] = 1
    assert around.min() > 0.99


@pytest.mark.parametrize(
    ("mark", "code", "words"),
    [
        (Mark("qr", QR.box, " "), "text.qr_empty", "empty"),
        (Mark("qr", Box(0.1, 0.1, 0.2, 0.2), QR.content), "text.qr_too_small", "came"),
        (Mark("qr", QR.box, "https://example.com/" + "a" * 3000), "text.qr_too_long", "3020 bytes"),
    ],
)
def test_code_that_cannot_be_read_is_refused(mark: Mark, code: str, words: str, photo: Array):
    with pytest.raises(InputError) as error:
        draw(photo, LayoutPlan(marks=(mark,)))
    assert error.value.code == code and words in error.value.message


def test_box_that_the_refusal_names_is_large_enough(photo: Array):
    small = Mark("qr", Box(0.1, 0.1, 0.2, 0.2), QR.content)
    with pytest.raises(InputError, match=r"box of (\d+)x\1 px") as error:
        draw(photo, LayoutPlan(marks=(small,)))
    side = int(error.value.message.split("box of ")[1].split("x")[0])
    enough, less = (Mark("qr", Box(0, 0, edge / 512, edge / 512), QR.content) for edge in (side, side - 1))
    assert read(to_bytes(draw(photo, LayoutPlan(marks=(enough,))))) == [QR.content]
    with pytest.raises(InputError):
        draw(photo, LayoutPlan(marks=(less,)))


def seen(before: Array, after: Array) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(np.abs(before - after).max(axis=2) > 0.1)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_logo_fills_its_slot_without_its_margin_and_keeps_its_shape():
    white = np.ones((400, 400, 3), np.float32)
    out = draw(white, LayoutPlan(marks=(SLOT,)), logos={"": logo((0.1, 0.2, 0.6))})
    left, top, right, bottom = seen(white, out)
    assert (left, right) == (40, 200)  # the slot's width
    assert (right - left) / (bottom - top) == pytest.approx(3.0, rel=0.03)
    assert (top + bottom) / 2 == pytest.approx(80, abs=1)  # in the middle of its height
    assert np.allclose(out[top + 3, left + 20], (0.1, 0.2, 0.6), atol=0.01)
    assert np.array_equal(out[80, 120], white[80, 120])  # its clear middle


@pytest.mark.parametrize(("ground", "colour", "plate"), [(0.1, (0.05, 0.08, 0.15), 1.0), (0.97, (1.0, 1.0, 1.0), 0.08)])
def test_logo_that_melts_into_the_picture_gets_a_plate(ground: float, colour: Any, plate: float):
    picture = np.full((400, 400, 3), ground, np.float32)
    done = letter(picture, LayoutPlan(marks=(SLOT,)), logos={"": logo(colour)})
    assert "판을 깔았습니다" in done.notes[0]
    assert np.abs(done.image[80, 120] - plate).max() < 0.1  # seen through the clear middle
    left, top, right, bottom = seen(picture, done.image)
    assert left >= 40 and right <= 200 and top >= 40 and bottom <= 120


def test_logo_with_a_ground_of_its_own_gets_none():
    picture = np.full((400, 400, 3), 0.5, np.float32)
    card = np.full((20, 60, 4), (0.5, 0.5, 0.5, 1.0), np.float32)
    done = letter(picture, LayoutPlan(marks=(SLOT,)), logos={"": card})
    assert "판" not in done.notes[0]


def test_logo_is_taken_by_its_name():
    white = np.ones((400, 400, 3), np.float32)
    logos = {"shop": logo((0.8, 0.1, 0.1)), "partner": logo((0.1, 0.1, 0.8))}
    out = draw(white, LayoutPlan(marks=(Mark("logo", SLOT.box, "partner"),)), logos=logos)
    assert out[..., 0].min() < 0.2 and out[..., 2].min() > 0.75


def test_nameless_logo_serves_any_place_and_without_a_place_is_told_of():
    white, given = np.ones((400, 400, 3), np.float32), {"": logo((0.8, 0.1, 0.1))}
    named = LayoutPlan(marks=(Mark("logo", SLOT.box, "shop"),))
    assert np.array_equal(draw(white, named, logos=given), draw(white, LayoutPlan(marks=(SLOT,)), logos=given))
    done = letter(white, LayoutPlan((TextBlock("sub", "로고 없이", SLOT.box),)), logos=given)
    assert done.notes[-1] == "로고: 배치에 자리가 없어 넣지 않았습니다."


@pytest.mark.parametrize(
    ("mark", "logos", "code"),
    [
        (SLOT, {}, "text.logo_missing"),
        (SLOT, {"a": logo((0, 0, 0)), "b": logo((0, 0, 0))}, "text.logo_missing"),
        (Mark("logo", SLOT.box, "shop"), {"partner": logo((0, 0, 0))}, "text.logo_missing"),
        (SLOT, {"": np.zeros((10, 10, 4), np.float32)}, "text.logo_empty"),
    ],
)
def test_logo_that_is_not_there_is_refused(mark: Mark, logos: dict[str, Array], code: str):
    with pytest.raises(InputError) as error:
        draw(np.ones((400, 400, 3), np.float32), LayoutPlan(marks=(mark,)), logos=logos)
    assert error.value.code == code
