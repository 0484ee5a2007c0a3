"""Checks: each rule finds what breaks it, keeps quiet on what does not, and says what it could not look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from skimage import data

from adstudio.errors import InputError
from adstudio.output.channel_table import entries
from adstudio.output.channels import get_channel
from adstudio.output.check import CHECKS, Submission, check
from adstudio.output.findings import describe, is_blocked, kinds, refuse, word
from adstudio.types import Box, LayoutPlan, Mark, TextBlock

NOISE = np.random.default_rng(5).random((400, 400, 3)).astype(np.float32)


def photo(width: int, height: int) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(data.coffee()).resize((width, height)), np.float32) / 255


def on_white(size: int = 1000, share: float = 0.9, at: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """A restless square product on pure white."""
    side = round(size * share)
    picture = np.ones((size, size, 3), np.float32)
    left, top = (round(size * centre - side / 2) for centre in at)
    picture[top : top + side, left : left + side] = np.resize(NOISE * 0.6, (side, side, 3))
    return picture


def banner(
    left: int = 48, wide: int = 400, colour: str = "#4c4c4c", object_at: tuple[int, int] = (690, 960)
) -> np.ndarray:
    picture = np.zeros((258, 1029, 4), np.float32)
    ink = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    for top, width in ((80, wide), (150, round(0.7 * wide))):
        picture[top : top + 36, left : left + width : 2] = [*ink, 1]
    rows, columns = np.mgrid[:258, :1029]
    middle, radius = sum(object_at) / 2, (object_at[1] - object_at[0]) / 2
    picture[((columns - middle + 0.5) / radius) ** 2 + ((rows - 129) / 110) ** 2 <= 1] = [0.8, 0.2, 0.1, 1]
    return picture


MIDDLE = Box(0.2, 0.3, 0.8, 0.5)
TALL = (1080, 1920)


def text(role: Any = "headline", words: str = "봄 신메뉴", box: Box = MIDDLE, **more: Any) -> LayoutPlan:
    return LayoutPlan((TextBlock(role, words, box, **more),))


def found(channel: str, pixels: np.ndarray, **more: Any) -> dict[str, str]:
    """Codes and levels of what a check finds beside what it could not look at."""
    findings = check(Submission(get_channel(channel), pixels, **more))
    quiet = ("channel.not_checked", "channel.look_yourself")
    return {finding.code: finding.level for finding in findings if finding.code not in quiet}


GOOD_FILE = {"format": "jpeg", "size_bytes": 90_000}
WHITE = {"format": "jpeg", "size_bytes": 90_000, "lettering": ()}


@pytest.mark.parametrize(
    ("channel", "pixels", "more"),
    [
        ("naver_timeboard", photo(1660, 260), GOOD_FILE | {"plan": text(), "letter_px": (40.0,)}),
        ("instagram_story", photo(1080, 1920), GOOD_FILE | {"plan": text()}),
        ("coupang", on_white(), WHITE),
        ("cashwalk", photo(600, 500), GOOD_FILE),
        ("kakao_native:2x1", photo(1800, 900), GOOD_FILE),
        ("kakao_bizboard", banner(), {"format": "png", "size_bytes": 90_000, "plan": text(), "advertiser": "신메뉴"}),
        ("naver_place", photo(1200, 750), GOOD_FILE | {"plan": text()}),
    ],
)
def test_what_keeps_the_rules_is_taken(channel: str, pixels: np.ndarray, more: dict[str, Any]):
    assert found(channel, pixels, **more) == {}


def framed(width: int) -> np.ndarray:
    picture = photo(1660, 260).copy()
    picture[:width] = picture[-width:] = picture[:, :width] = picture[:, -width:] = [0.1, 0.3, 0.1]
    return picture


def letterboxed() -> np.ndarray:
    picture = photo(1200, 750).copy()
    picture[:, :120] = picture[:, -120:] = 1.0
    return picture


def shaded() -> np.ndarray:
    """A soft grey under a product that ends above the lower edge."""
    picture = on_white(share=0.86, at=(0.5, 0.47))
    rows = np.linspace(0.7, 1.0, 90, dtype=np.float32)[:, None, None]
    picture[905:995, 150:850] = rows
    return picture


@pytest.mark.parametrize(
    ("channel", "pixels", "more", "code", "level"),
    [
        ("kakao_bizboard_motion", photo(1000, 258), {}, "channel.size", "WARN"),  # its source is disputed
        ("kakao_rich_pop", photo(1199, 756), {}, "channel.size", "ERROR"),
        ("kakao_native", photo(499, 499), {}, "channel.size", "ERROR"),
        ("instagram_feed", photo(480, 480), {}, "channel.size", "ERROR"),
        ("coupang", np.ones((60, 5200, 3), np.float32), WHITE, "channel.size", "ERROR"),
        ("naver_place", photo(1000, 625), {}, "channel.size_advised", "INFO"),
        ("kakao_native:2x1", photo(1300, 900), {}, "channel.ratio", "ERROR"),
        ("instagram_feed", photo(1080, 1500), {}, "channel.ratio", "ERROR"),
        ("kakao_link", photo(800, 800), {}, "channel.ratio_advised", "WARN"),
        ("kakao_bizboard", banner(), {"format": "jpeg"}, "channel.format", "ERROR"),
        ("cashwalk", photo(600, 500), {"format": "jpeg", "size_bytes": 150_001}, "channel.bytes", "ERROR"),
        ("naver_timeboard:cover", photo(1952, 520), {"size_bytes": 400_001}, "channel.bytes", "ERROR"),
        ("smartstore", photo(1000, 1000), {"mode": "CMYK"}, "channel.mode", "ERROR"),
        ("kakao_bizboard", banner()[..., :3], {}, "channel.alpha_missing", "ERROR"),
        (
            "cashwalk",
            np.dstack([photo(600, 500), np.full((500, 600), 0.5, np.float32)]),
            {},
            "channel.alpha_unexpected",
            "WARN",
        ),
        (
            "instagram_story",
            photo(1080, 1920),
            {"plan": text(box=Box(0.1, 0.1, 0.9, 0.3))},
            "channel.safe_zone",
            "ERROR",
        ),
        (
            "instagram_story",
            photo(1080, 1920),
            {"plan": LayoutPlan(marks=(Mark("qr", Box(0.7, 0.75, 0.9, 0.85)),))},
            "channel.safe_zone",
            "ERROR",
        ),
        ("naver_gfa", photo(1250, 560), {"plan": text(box=Box(0.05, 0.3, 0.5, 0.5))}, "channel.safe_zone", "WARN"),
        ("naver_timeboard", photo(1660, 260), {"plan": text(), "letter_px": (24.0,)}, "channel.small_text", "ERROR"),
        (
            "kakao_rich_pop",
            photo(1200, 756),
            {"plan": text("legal"), "letter_px": (20.0,)},
            "channel.small_text",
            "ERROR",
        ),
        ("coupang", on_white(), WHITE | {"plan": text()}, "channel.text_not_allowed", "ERROR"),
        ("coupang", on_white(), WHITE | {"lettering": (Box(0.2, 0.2, 0.4, 0.3),)}, "channel.lettering_seen", "WARN"),
        (
            "coupang",
            on_white(),
            WHITE | {"plan": LayoutPlan(marks=(Mark("logo", Box(0, 0, 0.2, 0.2)),))},
            "channel.logo_not_allowed",
            "ERROR",
        ),
        ("naver_place", photo(1200, 750), {"plan": LayoutPlan(text().texts * 3)}, "channel.text_lines", "ERROR"),
        ("coupang", photo(1000, 1000), WHITE, "channel.background_not_white", "ERROR"),
        ("coupang", on_white(share=0.8), WHITE, "channel.product_small", "ERROR"),
        ("coupang", np.ones((500, 500, 3), np.float32), WHITE, "channel.product_missing", "ERROR"),
        ("coupang", on_white(share=0.86, at=(0.57, 0.5)), WHITE, "channel.product_off_centre", "WARN"),
        ("coupang", shaded(), WHITE, "channel.shadow", "WARN"),
        ("naver_timeboard", framed(6), {}, "channel.border", "ERROR"),
        ("naver_place", letterboxed(), {}, "channel.blank_margin", "WARN"),
        ("kakao_bizboard", banner(), {"plan": text(words="봄 세일🌸")}, "channel.emoji", "ERROR"),
        (
            "kakao_bizboard",
            banner(),
            {"plan": LayoutPlan((*text().texts, *text("sub", "봄신메뉴").texts))},
            "channel.lines_alike",
            "ERROR",
        ),
        ("kakao_bizboard", banner(), {"plan": text(was="어제")}, "channel.strike", "ERROR"),
        ("kakao_bizboard", banner(), {"plan": text(), "advertiser": "성수커피"}, "channel.advertiser", "ERROR"),
        ("kakao_bizboard", banner(), {"font": "Pretendard"}, "channel.font", "ERROR"),
        ("kakao_bizboard", banner(colour="#cc0000"), {}, "channel.text_colour", "ERROR"),
        ("kakao_bizboard", banner(left=20), {}, "channel.text_area", "ERROR"),
        ("kakao_bizboard", banner(wide=595), {}, "channel.text_area", "ERROR"),
        ("kakao_bizboard", banner(wide=280), {}, "channel.text_narrow", "ERROR"),
        ("kakao_bizboard", banner(object_at=(700, 900)), {}, "channel.object_narrow", "ERROR"),
        ("kakao_bizboard", banner(object_at=(800, 1020)), {}, "channel.object_area", "ERROR"),
    ],
)
def test_what_breaks_a_rule_is_found(channel: str, pixels: np.ndarray, more: dict[str, Any], code: str, level: str):
    assert found(channel, pixels, **more).get(code) == level


def test_an_object_cut_off_at_its_side_is_seen():
    cut = banner(object_at=(741, 1221))[:, :981]
    cut = np.concatenate([cut, np.zeros((258, 48, 4), np.float32)], axis=1)
    assert found("kakao_bizboard", cut)["channel.object_cropped"] == "WARN"


def test_prices_may_be_struck_out():
    for price in ("12,000원", "₩5,500", "1만 원", "15000", "2천만원", "1억 5천만 원", "3만5천원", "2만"):
        assert "channel.strike" not in found("kakao_bizboard", banner(), plan=text(was=price)), price


def test_what_is_missing_is_said_and_not_passed_over():
    findings = check(Submission(get_channel("naver_timeboard"), photo(1660, 260)))
    missing = {finding.english for finding in findings if finding.code == "channel.not_checked"}
    assert any("letter sizes" in said for said in missing)
    assert any("bytes" in said for said in missing)
    assert not is_blocked(findings)


def test_a_channel_of_which_nothing_is_known_says_so():
    assert found("baemin", photo(600, 600)) == {"channel.nothing_known": "WARN"}


def test_a_finding_names_its_source():
    (finding,) = (
        f for f in check(Submission(get_channel("kakao_rich_pop"), photo(10, 10))) if f.code == "channel.size"
    )
    assert "kakaobusiness" in finding.source
    assert "2026-11-27" in finding.source


def test_errors_keep_a_picture_from_being_saved():
    findings = check(Submission(get_channel("kakao_rich_pop"), photo(10, 10)))
    with pytest.raises(InputError) as caught:
        refuse(findings, "Kakao rich pop")
    assert caught.value.code == "channel.refused"
    assert "channel.size" in caught.value.message
    refuse([replace(finding, level="WARN") for finding in findings], "Kakao rich pop")


def test_every_rule_of_the_table_has_its_check():
    stated = {rule for entry in entries().values() for channel in entry.sizes.values() for rule, _ in channel.rules}
    assert stated <= set(CHECKS)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 40), (2, 2), (3, 3), (40, 2)])
def test_tiny_pictures_are_looked_at_like_all_others(size: tuple[int, int]):
    pixels = np.random.default_rng(1).random((*size, 3)).astype(np.float32)
    places = [channel for entry in entries().values() for channel in entry.sizes.values()]
    assert all(check(Submission(place, each)) for place in places for each in (pixels, np.ones_like(pixels)))


def test_a_picture_of_more_megapixels_than_a_channel_takes_is_refused():
    sent = Submission(get_channel("kakao_native"), np.ones((1, 1, 3), np.float32))
    assert [list(CHECKS["megapixels"](sent, value)) for value in (1e-6, 0.5e-6)] == [
        [], [("channel.megapixels", {"came": "0.0", "wanted": "5e-07"})],
    ]  # fmt: skip


def test_every_code_is_worded_in_both_languages():
    for code, kind in kinds().items():
        filled = {"came": "3", "wanted": "4", "what": "headline", "where": "left"}
        finding = word(code, filled, ("Kakao", "카카오"), "", lenient=False)
        assert not set("{}") & set(finding.english + finding.korean), code
        assert any("가" <= char <= "힣" for char in kind.korean), code
        assert kind.level in ("ERROR", "WARN", "INFO")


def test_korean_takes_the_particle_that_its_word_asks_for():
    def said(code: str, **values: str) -> str:
        return word(code, values, ("", "카카오"), "", lenient=False).korean

    assert said("channel.format", came="WEBP", wanted="PNG").startswith("파일 형식이 WEBP예요.")
    assert said("channel.strike", came="어제", wanted="").endswith("‘어제’는 가격이 아니에요.")
    assert said("channel.strike", came="오늘", wanted="").endswith("‘오늘’은 가격이 아니에요.")
    assert said("channel.safe_zone", what="sub", came="12").startswith("부제가 ")


def test_the_gravest_is_told_first():
    findings = check(Submission(get_channel("coupang"), photo(300, 200)))
    levels = [line.split("]")[0] for line in describe(findings).splitlines()]
    assert levels == sorted(levels, key=["[ERROR", "[WARN", "[INFO"].index)
    assert describe(()) == "규칙에 맞아요."
