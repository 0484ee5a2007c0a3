"""Channels on the command line: listing, checking a file, setting an ad by a fixed layout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adstudio.errors import InputError
from adstudio.imaging.cutout.matting import cut_out
from adstudio.layout.plan.reading import to_json
from adstudio.output.channels import get_channel
from adstudio.run.channels import inspect, inspect_file
from adstudio.run.cli import main
from adstudio.run.templates import draw_template
from adstudio.text.faces import fonts
from adstudio.types import Box, CutOut, LayoutPlan, TextBlock


def adstudio(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def longest_run(rows: np.ndarray) -> int:
    """The most pixels beside each other, of all rows."""
    ends = (np.flatnonzero(np.diff(np.pad(row.astype(int), 1))) for row in rows)
    return max(int(np.diff(each)[::2].max(initial=0)) for each in ends)


@pytest.fixture(scope="module")
def cup() -> CutOut:
    from skimage import data

    return cut_out(np.asarray(data.coffee())[::2, ::2], method="geodesic")


@pytest.fixture
def cup_file(cup: CutOut, tmp_path: Path) -> Path:
    path = tmp_path / "cup.png"
    Image.fromarray((cup.rgba * 255).astype(np.uint8)).save(path)
    return path


def test_channels_are_listed_with_sources(capsys: pytest.CaptureFixture[str]):
    code, envelope = adstudio(capsys, "channels")
    by_id = {channel["id"]: channel for channel in envelope["channels"]}
    assert code == 0
    assert by_id["kakao_bizboard"]["sizes"]["banner"]["max_bytes"] == 300_000
    assert by_id["baemin"]["sizes"] == {}
    assert main(["channels", "비즈보드"]) == 0
    assert "developers.kakao.com" in capsys.readouterr().out


def test_a_file_is_checked(capsys: pytest.CaptureFixture[str], coffee: Path, tmp_path: Path):
    code, envelope = adstudio(capsys, "check", str(coffee), "--channel", "kakao-bizboard")
    assert (code, envelope["ok"], envelope["channel"]) == (1, False, "kakao_bizboard")
    assert {"channel.size", "channel.alpha_missing"} <= {finding["code"] for finding in envelope["findings"]}
    square = tmp_path / "square.jpg"
    Image.open(coffee).resize((600, 500)).convert("RGB").save(square, quality=90)
    assert adstudio(capsys, "check", str(square), "--channel", "캐시워크")[0] == 0


def test_letters_of_a_plan_are_measured_at_the_pictures_size(tmp_path: Path, coffee: Path):
    path = tmp_path / "board.png"
    Image.open(coffee).convert("RGB").resize((1660, 260)).save(path)

    def codes(height: float) -> set[str]:
        plan = LayoutPlan((TextBlock("headline", "봄 신메뉴", Box(0.1, 0.3, 0.5, 0.3 + height)),))
        return {finding.code for finding in inspect_file(path, get_channel("naver_timeboard"), plan=plan)}

    assert "channel.small_text" in codes(0.08)
    assert "channel.small_text" not in codes(0.4)


def test_copy_longer_than_its_channel_is_found(capsys: pytest.CaptureFixture[str], coffee: Path, tmp_path: Path):
    plan = LayoutPlan((TextBlock("headline", "가" * 26, Box(0.1, 0.1, 0.9, 0.3)),))
    (tmp_path / "plan.json").write_text(to_json(plan), "utf-8")
    _, envelope = adstudio(
        capsys, "check", str(coffee), "--channel", "kakao_rich_pop", "--plan", str(tmp_path / "plan.json")
    )
    (finding,) = (each for each in envelope["findings"] if each["code"] == "channel.copy_too_long")
    assert "26" in finding["english"]
    assert "richpop" in finding["source"]


def test_lettering_on_a_picture_is_seen_where_none_is_taken(tmp_path: Path):
    from adstudio.text.lettering import draw

    blank = np.ones((600, 600, 3), np.float32)
    plan = LayoutPlan((TextBlock("headline", "오늘만 반값 할인 행사", Box(0.1, 0.4, 0.9, 0.6), color="#222222"),))
    path = tmp_path / "main.png"
    Image.fromarray((draw(blank, plan) * 255).astype(np.uint8)).save(path)
    assert "channel.lettering_seen" in {finding.code for finding in inspect_file(path, get_channel("coupang"))}


def test_a_bizboard_is_set_by_its_rules(capsys: pytest.CaptureFixture[str], cup_file: Path, tmp_path: Path):
    out = tmp_path / "biz.png"
    words = ["--headline", "아침을 여는 첫 모금", "--sub", "성수커피 라떼 5,500원", "--advertiser", "성수커피"]
    code, envelope = adstudio(capsys, "template", "kakao-bizboard", "--product", str(cup_file), *words, "-o", str(out))
    assert code == 0
    assert [each for each in envelope["findings"] if each["level"] != "INFO"] == []
    with Image.open(out) as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (258, 1029, 4)
    seen = np.flatnonzero((pixels[..., 3] > 20).any(axis=0))
    assert seen[0] in range(46, 51)
    assert seen[-1] < 981
    assert not pixels[:, 640:660, 3].any()
    solid = pixels[:, :640][pixels[:, :640, 3] == 255][:, :3]
    assert {tuple(colour) for colour in solid} == {(0x4C,) * 3, (0x77,) * 3}
    assert out.stat().st_size == envelope["bytes"] < 300_000
    assert inspect_file(out, get_channel("kakao_bizboard"))  # read back, the file passes its own check
    assert adstudio(capsys, "check", str(out), "--channel", "kakao_bizboard")[0] == 0


def test_a_bizboard_holds_an_old_price_and_the_row_of_an_app(
    capsys: pytest.CaptureFixture[str], cup_file: Path, coffee: Path, tmp_path: Path
):
    out, alone, plain = tmp_path / "b.png", tmp_path / "object.png", tmp_path / "plain.png"
    asked = ("template", "kakao-bizboard", "--product", str(cup_file), "--headline", "아침을 여는 첫 모금")
    sub = ("--sub", "4,900원 성수 라떼")
    code, envelope = adstudio(
        capsys, *asked, *sub, "-o", str(out), "--old-price", "5,500원", "--object", str(alone),
        "--app", "성수커피", "--app-icon", str(coffee),
    )  # fmt: skip
    assert code == 0, envelope
    assert not [each for each in envelope["findings"] if each["level"] == "ERROR"], "the icon's colours are no letters'"
    assert alone.stat().st_size <= 150_000
    with Image.open(alone) as picture:
        assert picture.mode in ("RGBA", "P") and picture.height <= 258 and picture.width <= 315
    with Image.open(out) as picture:
        pixels = np.asarray(picture.convert("RGBA"), np.float32) / 255
    solid = pixels[:, :640, 3] > 0.9
    icon = solid[:, 48:86] & (np.ptp(pixels[:, 48:86, :3], axis=2) > 0.2)
    rows = np.flatnonzero(icon.any(axis=1))
    assert 30 <= np.ptp(rows) + 1 <= 38, "only the photo has colours"
    assert longest_run(solid[: rows[0]]) > 100, "the stroke through the old price is longer than any of a letter"
    adstudio(capsys, *asked, *sub, "-o", str(plain))
    with Image.open(plain) as picture:
        letters = np.asarray(picture.convert("RGBA"))[:, :640, 3] > 230
    assert longest_run(letters) < 100
    code, envelope = adstudio(capsys, *asked, "-o", str(out), "--old-price", "비싼 값")
    assert code == 1 and "channel.strike" in envelope["error"]["message"]
    code, envelope = adstudio(capsys, *asked, "-o", str(out), "--app", "성수커피")
    assert code == 1 and envelope["error"]["code"] == "template.half_an_app"


def test_an_object_too_rich_for_its_limit_is_found(cup: CutOut):
    made = draw_template("kakao_bizboard", cup, headline="아침을 여는 첫 모금", font="Pretendard")
    assert "channel.object_bytes" not in [finding.code for finding in made.findings]
    tight = replace(made.channel, rules=(("object_kb", 3), ("object_area", "666 0 315 258")))
    assert "channel.object_bytes" in [finding.code for finding in inspect(made.picture, tight)]


def test_a_bizboard_without_its_font_is_refused(
    capsys: pytest.CaptureFixture[str], cup_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    families = {name: faces for name, faces in fonts.families_by_name().items() if name != "Spoqa Han Sans"}
    monkeypatch.setattr(fonts, "families_by_name", lambda: families)
    out = tmp_path / "biz.png"
    words = ["--headline", "아침을 여는 첫 모금", "-o", str(out)]
    code, envelope = adstudio(capsys, "template", "비즈보드", "--product", str(cup_file), *words)
    assert (code, envelope["error"]["code"]) == (1, "template.font_missing")
    draft = ["--font", "Pretendard"]
    code, envelope = adstudio(capsys, "template", "비즈보드", "--product", str(cup_file), *words, *draft)
    assert (code, envelope["error"]["code"]) == (1, "channel.refused")
    assert "channel.font" in envelope["error"]["message"]
    assert not out.exists()
    code, envelope = adstudio(capsys, "template", "비즈보드", "--product", str(cup_file), *words, *draft, "--override")
    assert (code, envelope["font"]) == (0, "Pretendard")
    assert out.exists()


@pytest.mark.parametrize(
    ("headline", "sub", "code"),
    [
        ("아주 길고 길어서 정해진 크기로는 도저히 다 들어가지 않는 제목", "", "template.line_too_long"),
        ("", "", "template.no_text"),
    ],
)
def test_copy_that_cannot_be_set_is_refused(cup: CutOut, headline: str, sub: str, code: str):
    with pytest.raises(InputError) as caught:
        draw_template("kakao_bizboard", cup, headline=headline, sub=sub)
    assert caught.value.code == code


@pytest.mark.parametrize(("aspect", "wide"), [(3.0, 315), (1.0, 234), (0.8, 220), (0.6, 220)])
def test_an_object_is_wide_enough_and_never_cut_at_its_sides(aspect: float, wide: int):
    rgba = np.ones((500, round(500 * aspect), 4), np.float32)
    made = draw_template("kakao_bizboard", CutOut(rgba, "test"), headline="아침을 여는 첫 모금")
    columns = np.flatnonzero((made.picture[:, 650:, 3] > 0.5).any(axis=0)) + 650
    assert abs(len(columns) - wide) <= 2
    assert columns[0] >= 666
    assert columns[-1] < 981
    assert abs((columns[0] + columns[-1] + 1) / 2 - (666 + 315 / 2)) <= 1


def test_what_to_know_of_a_set_ad_has_codes_and_stays_korean_in_the_report():
    thin = CutOut(np.ones((100, 70, 4), np.float32), "test")
    made = draw_template("kakao_bizboard", thin, headline="아침을 여는 첫 모금", font="Pretendard")
    assert {note.code for note in made.notes} == {"template.soft", "template.cut", "template.other_font"}
    font = next(note for note in made.notes if note.code == "template.other_font")
    assert font.figures == {"wanted": "Spoqa Han Sans", "font": "Pretendard"}
    assert "Pretendard로 그렸어요" in font
    found = [note for note in made.warnings() if note.code == "template.found"]
    assert [note.figures["said"] for note in found] == [each.korean for each in made.findings if each.level != "INFO"]
    assert found and all(note.figures["found"] != note for note in found)


def test_a_product_that_would_be_nothing_but_blur_is_refused():
    tiny = CutOut(np.ones((60, 40, 4), np.float32), "test")
    with pytest.raises(InputError) as caught:
        draw_template("marketplace-white", tiny)
    assert caught.value.code == "template.product_too_small"
    least = caught.value.figures["least"]
    assert isinstance(least, int)
    larger = CutOut(np.ones((least, round(least * 2 / 3), 4), np.float32), "test")
    assert [note.code for note in draw_template("marketplace-white", larger).notes] == ["template.soft"]


def test_an_object_too_slim_is_refused():
    bottle = CutOut(np.ones((500, 100, 4), np.float32), "test")
    with pytest.raises(InputError) as caught:
        draw_template("kakao_bizboard", bottle, headline="아침을 여는 첫 모금")
    assert caught.value.code == "template.product_too_slim"


@pytest.mark.parametrize("channel", ["", "smartstore", "11번가", "kakao_store:3x4"])
def test_a_main_picture_is_white_and_full(cup: CutOut, channel: str):
    made = draw_template("marketplace-white", cup, channel=channel)
    width, height = get_channel(channel or "coupang").size_px
    assert made.picture.shape == (height, width, 3)
    assert [finding.code for finding in made.findings if finding.level != "INFO"] == []
    assert (made.picture[:5] == 1).all()
    rows, columns = (np.flatnonzero((made.picture.min(axis=2) < 0.97).any(axis=axis)) for axis in (1, 0))
    assert max(len(rows) / height, len(columns) / width) > 0.85
    assert abs(rows[0] + rows[-1] - height) < 0.06 * height
    assert abs(columns[0] + columns[-1] - width) < 0.06 * width


def test_a_mask_of_another_size_or_an_empty_one_does_not_mislead(cup: CutOut):
    from adstudio.run.channels import inspect

    made = draw_template("marketplace-white", cup)
    for mask in (np.zeros((64, 64), np.float32), np.pad(np.ones((90, 90), np.float32), 5)):
        codes = {finding.code for finding in inspect(made.picture, made.channel, product=mask)}
        assert not codes & {"channel.product_missing", "channel.product_small", "channel.shadow"}
    small = np.pad(np.ones((20, 20), np.float32), 40)
    assert "channel.product_small" in {f.code for f in inspect(made.picture, made.channel, product=small)}


def test_templates_refuse_what_they_do_not_take(cup: CutOut):
    for name, more, code in (
        ("marketplace-white", {"headline": "봄"}, "template.takes_no_text"),
        ("kakao_bizboard", {"headline": "봄", "channel": "coupang"}, "template.wrong_channel"),
        ("poster", {}, "template.unknown"),
        ("marketplace-white", {"channel": "baemin"}, "channels.no_size"),
    ):
        with pytest.raises(InputError) as caught:
            draw_template(name, cup, **more)
        assert caught.value.code == code


def test_one_design_becomes_a_file_for_each_channel(
    capsys: pytest.CaptureFixture[str], coffee: Path, cup_file: Path, tmp_path: Path
):
    plan = LayoutPlan((TextBlock("headline", "가을을 담은 첫 모금", Box(0.1, 0.06, 0.9, 0.2)),))
    (tmp_path / "plan.json").write_text(to_json(plan), "utf-8")
    asked = ["--plan", str(tmp_path / "plan.json"), "--min-px", "12", "-o", str(tmp_path / "out")]
    code, envelope = adstudio(
        capsys, "reflow", str(coffee), *asked, "--cut", str(cup_file), "--channels", "캐시워크, kakao_native:2x1"
    )
    assert (code, envelope["ok"]) == (0, True)
    sizes = {Path(entry["path"]).name: Image.open(entry["path"]).size for entry in envelope["pictures"]}
    assert sizes == {"cashwalk.jpg": (600, 500), "kakao_native-2x1.jpg": (1200, 600)}
    assert (tmp_path / "out" / "cashwalk.jpg").stat().st_size < 150_000
    saved = json.loads((tmp_path / "out" / "cashwalk.json").read_text("utf-8"))
    assert (saved["channel"], len(saved["products"])) == ("cashwalk", 1)


def test_a_design_with_a_logo_is_brought_to_a_channel(
    capsys: pytest.CaptureFixture[str], coffee: Path, cup_file: Path, tmp_path: Path
):
    plan = tmp_path / "plan.json"
    plan.write_text('{"marks": [{"kind": "logo", "box": [0.7, 0.7, 0.95, 0.95]}]}', "utf-8")
    asked = ("--plan", str(plan), "--channels", "kakao_search_custom", "-o", str(tmp_path / "out"))
    code, envelope = adstudio(capsys, "reflow", str(coffee), *asked)
    assert (code, envelope["error"]["code"]) == (1, "text.logo_missing")
    assert adstudio(capsys, "reflow", str(coffee), *asked, "--logo", str(cup_file))[0] == 0


def test_a_channel_too_large_for_the_product_costs_no_other_channel_its_picture(
    capsys: pytest.CaptureFixture[str], coffee: Path, tmp_path: Path
):
    Image.fromarray(np.pad(np.full((60, 60, 4), 200, np.uint8), ((4, 4), (4, 4), (0, 0)))).save(tmp_path / "cut.png")
    plan = {"products": [{"x": 0.5, "base_y": 0.9, "height": 0.6}], "texts": [
        {"role": "headline", "text": "가을", "box": [0.1, 0.05, 0.9, 0.2]}]}  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    asked = ("reflow", str(coffee), "--plan", str(tmp_path / "plan.json"), "--cut", str(tmp_path / "cut.png"))
    many = (*asked, "--channels", "instagram_story, 캐시워크, kakao_link", "-o", str(tmp_path / "out"))
    code, envelope = adstudio(capsys, *many)
    assert (code, envelope["ok"]) == (1, False)
    made = {each["channel"]: each["path"] and Path(each["path"]).name for each in envelope["pictures"]}
    assert made == {"cashwalk": "cashwalk.jpg", "kakao_link": "kakao_link.jpg", "instagram_story": None}
    story = envelope["pictures"][-1]["error"]
    assert story["code"] == "composite.product_too_small" and story["hint"]
    assert Image.open(tmp_path / "out" / "cashwalk.jpg").size == (600, 500)
    assert main(many) == 1
    said = capsys.readouterr()
    assert said.out.split() == [str(tmp_path / "out" / name) for name in ("cashwalk.jpg", "kakao_link.jpg")]
    (line,) = (line for line in said.err.splitlines() if line.startswith("error: "))
    assert "Instagram" in line and "(instagram_story): Product 1 is only 60 × 60 pixels" in line
    alone = (*asked, "--channels", "instagram_story", "-o", str(tmp_path / "alone"))
    code, envelope = adstudio(capsys, *alone)
    assert (code, envelope["error"]["code"]) == (1, "composite.product_too_small")
    assert not (tmp_path / "alone").exists()


def test_what_a_channel_would_refuse_is_not_written(capsys: pytest.CaptureFixture[str], coffee: Path, tmp_path: Path):
    plan = LayoutPlan((TextBlock("headline", "가을", Box(0.1, 0.06, 0.9, 0.2)),))
    (tmp_path / "plan.json").write_text(to_json(plan), "utf-8")
    asked = ["--plan", str(tmp_path / "plan.json"), "--channels", "coupang", "-o", str(tmp_path / "out")]  # not white
    code, envelope = adstudio(capsys, "reflow", str(coffee), *asked)
    assert (code, envelope["pictures"][0]["path"]) == (1, None)
    assert not (tmp_path / "out").exists()
    assert adstudio(capsys, "reflow", str(coffee), *asked, "--override")[0] == 0
