"""Channels: every number has a source, one id space with the copy's limits, names as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from adstudio.errors import InputError
from adstudio.output.channel_table import PACKAGED, VERIFIED, entries
from adstudio.output.channels import channel_names, find_fact, get_channel, get_channels, get_entry, require_size
from adstudio.prompt.copy_limits import channel_choices
from adstudio.prompt.industries import industries

TABLE = yaml.safe_load(PACKAGED.read_text("utf-8"))
UNKNOWN = ("baemin", "coupang_eats", "daangn")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    return tmp_path / "channels.yaml"


def numbers_without_a_source(value: object, above: tuple[dict, ...] = (), where: str = "") -> list[str]:
    """Every number of the table that no mapping around it says the source and the day of."""
    if isinstance(value, dict):
        return [
            found
            for key, inner in value.items()
            for found in numbers_without_a_source(inner, (*above, value), f"{where}.{key}")
        ]
    if isinstance(value, list):
        return [found for inner in value for found in numbers_without_a_source(inner, above, where)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    said = any("source" in part and re.fullmatch(r"\d{4}-\d\d-\d\d", part.get("checked", "")) for part in above)
    return [] if said else [where]


def test_every_number_has_its_source_and_day():
    assert not numbers_without_a_source(TABLE)
    assert numbers_without_a_source({"a": {"px": [1, 2]}}) == [".a.px", ".a.px"]


def test_every_fact_says_how_sure_it_is():
    facts = [fact for entry in entries().values() for fact in entry.facts]
    assert len(facts) > 60
    assert all(fact.source and fact.checked and fact.verified in VERIFIED for fact in facts)


def test_channels_are_those_of_the_copy_limits():
    assert set(entries()) == set(channel_choices()) - {"auto"}


def test_trades_name_channels_that_exist():
    named = {channel for industry in industries().values() for channel in industry.channels}
    assert {get_entry(name).id for name in named} <= set(entries())


@pytest.mark.parametrize(
    ("name", "size", "most"),
    [
        ("kakao-bizboard", (1029, 258), 300_000),
        ("비즈보드", (1029, 258), 300_000),
        ("kakao_native:2x1", (1200, 600), 500_000),
        ("kakao-native:9:16", (1080, 1920), 500_000),
        ("인스타 피드", (1080, 1350), 30_000_000),
        ("instagram:1:1", (1080, 1080), 30_000_000),
        ("타임보드:cover", (1952, 520), 400_000),
        ("11번가", (1000, 1000), 3_000_000),
        ("캐시워크", (600, 500), 150_000),
    ],
)
def test_a_channel_is_found_by_its_names(name: str, size: tuple[int, int], most: int):
    found = get_channel(name)
    assert (found.size_px, found.max_bytes) == (size, most)


def test_safe_zones_become_fractions_of_the_picture():
    story, gfa = get_channel("instagram_story").safe, get_channel("naver_gfa").safe
    assert (story.y0, story.y1) == pytest.approx((0.13, 0.8))
    assert gfa.pixels(1250, 560) == (240, 50, 1010, 525)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_states_stays_unknown(name: str):
    entry = get_entry(name)
    assert not entry.sizes
    assert not entry.facts
    assert "못했어요" in entry.note
    with pytest.raises(InputError) as caught:
        require_size(get_channel(name))
    assert caught.value.code == "channels.no_size"


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("kakao_bisboard", "channels.unknown", "kakao_bizboard"),
        ("", "channels.unknown", "adstudio channels"),
        ("kakao_native:3x1", "channels.unknown_size", "kakao_native:2x1"),
    ],
)
def test_an_unknown_name_is_told_with_near_ones(name: str, code: str, hint: str):
    with pytest.raises(InputError) as caught:
        get_channel(name)
    assert caught.value.code == code
    assert hint in caught.value.hint


def test_several_channels_are_named_in_lines_and_commas():
    found = get_channels("instagram_feed, 비즈보드\nkakao_native:2x1\nkakao_bizboard")
    assert [channel.id for channel in found] == ["instagram_feed", "kakao_bizboard", "kakao_native:2x1"]
    with pytest.raises(InputError, match="No channel"):
        get_channels(" \n,")


def test_a_rule_tells_who_states_it():
    disputed = find_fact(get_channel("naver_gfa:342x228"), "size_exact")
    assert disputed is not None
    assert (disputed.verified, disputed.value) == ("disputed", "342x228")
    banner = find_fact(get_channel("naver_timeboard"), "bytes")
    assert banner is not None
    assert "200 KB" in banner.value


def test_every_channel_with_a_size_makes_what_it_accepts():
    for name in channel_names():
        channel = get_channel(name)
        assert get_channel(channel.id) == channel
        width, height = channel.size_px
        for rule, value in channel.rules:
            if rule in ("size_least", "size_most"):
                sides = [int(side) for side in str(value).split("x")]
                assert all(
                    (have >= side) == (rule == "size_least") or have == side
                    for have, side in zip((width, height), sides, strict=True)
                ), name
            if rule == "ratio":
                low, high = map(float, str(value).split())
                assert low - 0.01 <= width / height <= (high or 1e9) + 0.01, name


def test_the_users_file_adds_and_replaces(own: Path):
    own.write_text(
        """
baemin:
  korean: 배달의민족
  english: Baemin
  sizes:
    menu: {px: [1280, 720], exact: true, source: "upload form", checked: "2026-12-01"}
""",
        "utf-8",
    )
    assert get_channel("배달의민족").size_px == (1280, 720)
    assert get_channel("cashwalk").size_px == (600, 500)
    own.unlink()
    assert get_channel("baemin").size_px == (0, 0)


def test_a_size_may_tell_only_what_is_made(own: Path):
    own.write_text(
        'mine: {korean: 내 채널, english: Mine, sizes: {a: {make: [30, 20], source: x, checked: "2026-01-01"}}}',
        "utf-8",
    )
    channel = get_channel("mine")
    assert channel.size_px == (30, 20)
    assert dict(channel.rules) == {"ratio_advised": "1.5 1.5"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("sizes: {a: {px: [10, 10]}}", "source"),
        ('sizes: {a: {px: [10, 10], source: x, checked: "today"}}', "2026-11-27"),
        ('sizes: {a: {px: [10], source: x, checked: "2026-01-01"}}', "2 numbers"),
        ('sizes: {a: {px: [10, 0], source: x, checked: "2026-01-01"}}', "whole pixels"),
        ('sizes: {a: {px: [10, 10], safe_px: [5, 0, 5, 0], source: x, checked: "2026-01-01"}}', "safe zone"),
        ('sizes: {a: {px: [10, 10], source: x, checked: "2026-01-01", verified: surely}}', "official"),
        ('bytes: {source: x, checked: "2026-01-01"}', "max_kb"),
        ('rules: {text: {value: [1], source: x, checked: "2026-01-01"}}', "number or words"),
        ("height: 5", "unknown field 'height'"),
        ("sizes: [1]", "named entries"),
        ('formats: {source: x, checked: "2026-01-01"}', "list its formats"),
        ('formats: {are: png, source: x, checked: "2026-01-01"}', "list its formats"),
        ('formats: {are: [tiff], source: x, checked: "2026-01-01"}', "tiff"),
        ('bytes: {max_kb: "500", source: x, checked: "2026-01-01"}', "max_kb"),
        ("aliases: 비즈", "list of names"),
        ("aliases: 3", "list of names"),
        ('sizes: {a: {make: [10, 10], exact: true, source: x, checked: "2026-01-01"}}', "px"),
        ('sizes: {a: {px: [10, 10], max_kb: many, source: x, checked: "2026-01-01"}}', "max_kb"),
        ('sizes: {a: {make: [10, 10], least: [600, 0], source: x, checked: "2026-01-01"}}', "ratios"),
        ('sizes: {a: {px: [.inf, 10], source: x, checked: "2026-01-01"}}', "2 numbers"),
        ('bytes: {max_mb: .inf, source: x, checked: "2026-01-01"}', "max_mb"),
        ('sizes: {a: {px: [10, 10], ratios: [a, b], source: x, checked: "2026-01-01"}}', "2 numbers"),
    ],
)
def test_a_broken_file_is_told_by_entry(own: Path, row: str, said: str):
    own.write_text(f"mine:\n  korean: 내 채널\n  english: Mine\n  {row}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        get_channel("mine")
    assert caught.value.code == "channels.bad_table"
    assert "mine" in caught.value.message
    assert said in caught.value.message
    assert "kakao_bizboard" in channel_names()  # a menu shows ours all the same


def test_the_pages_list_what_the_tables_hold():
    import channels_table

    assert channels_table.main(["--check"]) == 0, "run tools/channels_table.py"
