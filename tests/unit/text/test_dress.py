"""Dress: every kind of it is drawn as asked, readable, in order, and comes out alike as picture, plate and layers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from ad_blocks import BADGE, CTA, FULL, HEADLINE, LOGO, PRICE, SUB, flat, inked, one
from PIL import Image
from skimage import data, transform

from adstudio.errors import InputError
from adstudio.text.lettering import draw, letter, set_copy
from adstudio.text.paint.accent import accent
from adstudio.text.paint.dress import dress
from adstudio.text.paint.ink import WHITE
from adstudio.types import Array, Box, LayoutPlan, TextBlock, TextRole, TextStyle


@pytest.fixture(scope="module")
def coffee() -> Array:
    return np.asarray(transform.resize(data.coffee()[:, :400], (512, 512)), np.float32)


DRESSES = {
    "scrim": (FULL, TextStyle(weight=800)),
    "panel": (FULL, TextStyle(weight=800, plate="always")),
    "outline": (FULL, TextStyle(weight=800, outline=True)),
    "gradient": (replace(FULL, texts=(replace(HEADLINE, color="#FFE14D", color_to="#E4572E"), CTA)), TextStyle()),
}


@pytest.mark.parametrize("way", DRESSES)
def test_plate_over_the_picture_is_the_lettered_picture(way: str, coffee: Array):
    done = letter(coffee, *DRESSES[way], {"": LOGO})
    alpha = done.plate[..., 3:]
    assert np.abs(coffee * (1 - alpha) + done.plate[..., :3] * alpha - done.image).max() < 0.5 / 255
    # as it is saved, in 8 bits
    saved = np.round(done.plate * 255) / 255
    laid = coffee * (1 - saved[..., 3:]) + saved[..., :3] * saved[..., 3:]
    assert np.abs(laid - done.image).max() < 1.5 / 255
    assert np.array_equal(done.image, draw(coffee, *DRESSES[way], {"": LOGO}))
    assert 0.05 < (alpha > 0).mean() < 1 and done.plate.min() >= 0 and done.plate.max() <= 1


@pytest.mark.parametrize("way", DRESSES)
def test_layers_blended_in_linear_light_are_the_lettered_picture(way: str, coffee: Array):
    done = letter(coffee, *DRESSES[way], {"": LOGO})
    lit = np.zeros_like(coffee)
    for layer in done.layers:
        assert layer.blend == "normal"
        height, width = layer.rgba.shape[:2]
        here = lit[layer.top_px : layer.top_px + height, layer.left_px : layer.left_px + width]
        assert here.shape[:2] == (height, width)
        alpha = layer.rgba[..., 3:]
        here[:] = here * (1 - alpha) + to_linear(layer.rgba[..., :3]) * alpha
    assert np.abs(to_srgb(lit) - done.image).max() < 1 / 255


def to_linear(colours: Array) -> Array:
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def to_srgb(colours: Array) -> Array:
    return np.where(colours <= 0.0031308, colours * 12.92, 1.055 * np.maximum(colours, 0) ** (1 / 2.4) - 0.055)


def test_every_block_mark_and_ground_is_a_layer_with_its_name(coffee: Array):
    done = letter(coffee, FULL, TextStyle(weight=800, plate="always"), {"": LOGO})
    names = [layer.name for layer in done.layers]
    assert sorted(names) == sorted(
        ["배경 이미지", "판", "판 2", "QR 코드", "로고", "제목", "가격", "부제", "버튼", "배지"]
    )
    assert names.index("판 2") < names.index("QR 코드") < names.index("제목") < names.index("배지")
    assert len(done.notes) == 7 and any(note.startswith("제목: #") and "대비" in note for note in done.notes)


@pytest.mark.parametrize("role", get_args(TextRole))
@pytest.mark.parametrize("plate", ["auto", "none", "scrim", "panel", "pill"])
def test_every_role_stands_on_every_plate_inside_its_box(role: TextRole, plate: Any):
    picture = flat(0.8)
    block = TextBlock(role, "오늘만 2,900원", Box(0.2, 0.3, 0.8, 0.7), plate=plate)
    done = letter(picture, LayoutPlan((block,)), TextStyle(shadow=False, min_px=12))
    (image,) = (layer for layer in done.layers if layer.name not in ("배경 이미지", "그늘", "판"))
    rows, columns = np.nonzero(image.rgba[..., 3] > 0.02)
    assert image.left_px + columns.min() >= 79 and image.left_px + columns.max() <= 321
    assert image.top_px + rows.min() >= 119 and image.top_px + rows.max() <= 281


def test_the_same_plan_at_another_size_is_the_same_design():
    style, sizes = TextStyle(weight=800, min_px=8), (512, 1024, 2048)
    photo = np.asarray(Image.fromarray(data.astronaut()).resize((2048, 2048)), np.int16)
    grain = np.random.default_rng(0).integers(-60, 60, (2048, 2048, 1))  # what a phone does not show
    grainy = Image.fromarray(np.clip(photo + grain, 0, 255).astype(np.uint8))
    pictures = [np.asarray(grainy.reduce(2048 // side), np.float32) / 255 for side in sizes]
    settings = [set_copy(FULL, style, (side, side)) for side in sizes]
    designs = [dress(p, s, FULL.marks, style, {"": LOGO}) for p, s in zip(pictures, settings, strict=True)]
    for side, ours, design in zip(sizes, settings, designs, strict=True):
        assert [setting.lines for setting in ours] == [setting.lines for setting in settings[1]]
        for here, there in zip(ours, settings[1], strict=True):
            assert here.size / there.size == pytest.approx(side / 1024, rel=0.01)
            assert np.allclose(np.array(here.ink) / side, np.array(there.ink) / 1024, atol=0.003)
        assert [piece.name for piece in design.pieces] == [piece.name for piece in designs[1].pieces]
        assert np.abs(colours(design.notes) - colours(designs[1].notes)).max() <= 3
        assert re.findall(r"(?:판|그늘) \d+%", str(design.notes)) == re.findall(
            r"(?:판|그늘) \d+%", str(designs[1].notes)
        )


def colours(notes: list[str]) -> Any:
    return np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in re.findall(r"#(\w{6})", str(notes))])


def test_gradient_runs_from_the_head_of_the_letters_to_their_foot():
    block = TextBlock("headline", "세일", Box(0.1, 0.1, 0.9, 0.9), color="#FF0000", color_to="#0000FF")
    out = one(block, flat(1.0), plate="never")
    rows = np.nonzero((out[..., 1] < 0.05).any(axis=1))[0]
    first, last = (out[row][out[row][:, 1].argmin()] for row in (rows[0], rows[-1]))
    assert first[0] > 0.9 and first[2] < 0.1
    assert last[2] > 0.9 and last[0] < 0.1


def test_an_unreadable_colour_of_the_plan_gets_a_plate_or_a_note_but_stays():
    grey = replace(SUB, color="#777777")
    done = letter(flat(0.5), LayoutPlan((grey,)), TextStyle(shadow=False))
    assert "판" in done.notes[0] and "바꾸지 않았습니다" not in done.notes[0]
    bare = letter(flat(0.5), LayoutPlan((replace(grey, plate="none"),)), TextStyle(shadow=False))
    assert "지정하신 색이라 바꾸지 않았습니다" in bare.notes[0]
    for image in (done.image, bare.image):
        assert (np.abs(image - 0x77 / 255).max(axis=2) < 1e-3).any()
    assert np.array_equal(bare.image[:120], flat(0.5)[:120])


def test_a_panel_that_is_asked_for_blurs_what_it_covers(coffee: Array):
    noisy = np.random.default_rng(0).random((400, 400, 3)).astype(np.float32)
    done = letter(noisy, LayoutPlan((replace(HEADLINE, plate="panel"),)))
    assert [layer.name for layer in done.layers] == ["배경 이미지", "판", "제목"]
    panel = done.layers[1]
    inside = panel.rgba[panel.rgba.shape[0] // 2, 2:12, :3]
    assert inside.std(axis=0).max() < 0.02 < noisy.std()
    assert panel.rgba[0, 0, 3] == 0 and panel.rgba[panel.rgba.shape[0] // 2, 5, 3] == 1  # round corners


def test_a_panel_takes_in_the_button_that_it_would_touch():
    near = replace(CTA, box=Box(0.06, 0.42, 0.5, 0.54))
    far = replace(CTA, box=Box(0.06, 0.85, 0.5, 0.95))
    with_near, with_far = (
        letter(flat(0.7), LayoutPlan((HEADLINE, SUB, cta)), TextStyle(plate="always", shadow=False))
        for cta in (near, far)
    )
    panel, button = with_near.layers[1], with_near.layers[-1]
    assert (panel.name, button.name) == ("판", "버튼")
    assert button.top_px + button.rgba.shape[0] + 4 < panel.top_px + panel.rgba.shape[0]
    assert with_far.layers[1].rgba.shape[0] < panel.rgba.shape[0]


def test_an_old_price_is_smaller_struck_through_and_before_the_new_one():
    picture = flat(1.0, 800)
    was, figures, unit = set_copy(LayoutPlan((PRICE,)), TextStyle(), (800, 800))
    assert (was.lines, figures.lines, unit.lines) == (("5,500원",), ("3,900",), ("원",))
    assert was.size < 0.6 * figures.size and unit.size < 0.7 * figures.size
    assert was.baselines == figures.baselines == unit.baselines
    assert was.ink[2] < figures.ink[0] < unit.ink[0]
    out = one(PRICE, picture, weight=800)
    dark = out.max(axis=2) < 0.5
    middle = round(was.baselines[0] - 0.36 * was.size)
    assert dark[middle, round(was.ink[0]) : round(was.ink[2])].all()  # one line without a gap
    assert not dark[middle, round(figures.ink[0]) : round(unit.ink[2])].all()
    plain = one(replace(PRICE, was=""), picture, weight=800)
    assert not np.array_equal(plain, out)


def test_an_old_price_stands_above_where_one_line_would_be_small():
    narrow = replace(PRICE, box=Box(0.06, 0.4, 0.4, 0.8), was="1,250,000원", text="990,000원")
    was, figures, _ = set_copy(LayoutPlan((narrow,)), TextStyle(), (800, 800))
    assert was.ink[3] <= figures.baselines[0] - figures.face.top("0") * figures.size + 1
    assert was.starts[0] == pytest.approx(figures.starts[0], abs=0.1)


def test_a_price_too_small_for_its_old_one_is_refused():
    with pytest.raises(InputError) as error:
        set_copy(LayoutPlan((replace(PRICE, box=Box(0.1, 0.1, 0.2, 0.14)),)), TextStyle(min_px=20), (400, 400))
    assert error.value.code == "text.does_not_fit" and "5,500원 3,900원" in error.value.message
    with pytest.raises(InputError) as error:
        set_copy(LayoutPlan((replace(PRICE, plate="pill"),)), TextStyle(), (400, 400))
    assert error.value.code == "text.was_on_spot"


@pytest.mark.parametrize("blank", [" ", "\u200b"])
def test_a_blank_old_price_strikes_nothing_through(blank: str):
    picture = flat(0.9)
    said = letter(picture, LayoutPlan((replace(PRICE, was=blank),)))
    assert np.array_equal(said.image, draw(picture, LayoutPlan((replace(PRICE, was=""),))))


def test_the_smallest_figures_are_struck_through_too():
    price = TextBlock("price", "9,900원", Box(0.1, 0.1, 0.9, 0.9), was="12,000원")
    for side in range(6, 40):
        with suppress(InputError):  # too small for letters of a pixel
            letter(flat(0.9, side), LayoutPlan((price,)), TextStyle(min_px=1, shadow=False))


def test_accent_is_none_for_a_grey_picture_and_stands_out_from_its_ground(coffee: Array):
    assert accent(flat(0.5), WHITE) is None
    two = flat((0.1, 0.3, 0.9))
    two[:, :100] = (0.9, 0.2, 0.1)
    on_red, on_blue = accent(two, (0.9, 0.2, 0.1)), accent(two, (0.1, 0.3, 0.9))
    assert on_red is not None and on_red[2] > 0.6 and on_blue is not None and on_blue[0] > 0.7
    assert inked(flat(0.5), one(BADGE, flat(0.5))).any()


def test_a_higher_z_lies_over_a_lower_one():
    over = replace(HEADLINE, color="#E4002B", plate="pill", text="오늘의 특가")
    picture = flat(1.0)
    above, below = (draw(picture, LayoutPlan((HEADLINE, replace(over, z=z))), TextStyle()) for z in (1, -1))
    alone = one(over, picture)
    red = inked(picture, alone) & (np.abs(alone - np.array([0xE4, 0, 0x2B]) / 255).max(axis=2) < 0.01)
    assert np.allclose(above[red], alone[red], atol=0.01)
    assert np.abs(below[red] - alone[red]).max() > 0.5


def test_copy_on_a_lower_button_is_read_against_it_and_not_with_its_neighbour():
    pill = TextBlock("badge", "가나다라마바사아", Box(0.1, 0.3, 0.9, 0.7), color="#101010", plate="pill")
    over = TextBlock("note", "위에 놓인 글", Box(0.35, 0.4, 0.65, 0.6), z=1)
    beside = TextBlock("sub", "곁에 선 글", Box(0.3, 0.24, 0.7, 0.36))
    done = letter(flat(1.0), LayoutPlan((pill, over, beside)), TextStyle(shadow=False))
    inks = {note.split(":")[0]: int(note.split("#")[1][:2], 16) for note in done.notes}
    assert inks["덧붙인 글"] > 200 and inks["부제"] < 60  # light letters on the dark pill, dark on white


def test_how_a_picture_lies_in_memory_does_not_matter(coffee: Array):
    planes = np.ascontiguousarray(coffee.transpose(2, 0, 1)).transpose(1, 2, 0)  # as it comes from a model
    wide = np.concatenate([coffee, np.ones_like(coffee[..., :1])], axis=2)
    plain = letter(coffee, LayoutPlan((HEADLINE, CTA)))
    for picture in (planes, wide, np.asfortranarray(coffee)):
        done = letter(picture, LayoutPlan((HEADLINE, CTA)))
        assert np.array_equal(done.image, plain.image)
        assert all(np.array_equal(a.rgba, b.rgba) for a, b in zip(done.layers, plain.layers, strict=True))
    assert not np.array_equal(plain.image, coffee)


def test_the_users_roles_dress_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    plan = LayoutPlan((HEADLINE, replace(CTA, text="주문")))
    before = letter(flat(1.0), plan, TextStyle(shadow=False))
    (tmp_path / "roles.yaml").write_text(
        "headline: {fill: '#C00000', plate: panel}\ncta: {plate: none}\n", encoding="utf-8"
    )
    after = letter(flat(1.0), plan, TextStyle(shadow=False))
    assert "#C00000" in after.notes[0] and "판" in after.notes[0] and "#C00000" not in before.notes[0]
    assert "바탕에" in before.notes[1] and "바탕에" not in after.notes[1]
