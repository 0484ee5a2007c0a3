"""Ads made for a channel: its size, safe zone, format and bytes, and what it would refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adstudio.errors import InputError
from adstudio.output.channel_table import entries
from adstudio.output.channels import get_channel
from adstudio.prompt.copy_limits import get_limits
from adstudio.run.api import generate_and_save_image
from adstudio.run.channels import inspect_copy
from adstudio.run.commands.show import read_saved
from adstudio.run.local.runner import LocalRunner
from adstudio.run.photos import cover, cover_seen
from adstudio.run.request import AdRequest, AdResult
from adstudio.types import AdCopy, TextStyle

from .conftest import Run

SAYS = 'source: "our upload form", checked: "2026-11-27"'
OWN = f"""
counter:
  korean: 계산대 화면
  english: Counter screen
  aliases: [계산대]
  sizes:
    flat: {{px: [400, 200], exact: true, safe_percent: [25, 20, 10, 20], {SAYS}}}
    tall: {{px: [180, 320], exact: true, {SAYS}}}
  formats: {{are: [jpeg], {SAYS}}}
  bytes: {{max_kb: 40, {SAYS}}}
bare:
  korean: 글자 없는 화면
  english: Bare screen
  sizes:
    one: {{px: [200, 200], exact: true, {SAYS}}}
  rules:
    text: {{value: none, {SAYS}}}
    logo: {{value: none, {SAYS}}}
somewhere:
  korean: 어딘가
  english: Somewhere
  rules:
    text_lines: {{value: 1, {SAYS}}}
"""


@pytest.fixture(autouse=True)
def own_channels(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "channels.yaml").write_text(OWN, "utf-8")
    monkeypatch.setenv("ADSTUDIO_HOME", str(home))


def made(checkpoint: Path, folder: Path, **more: object) -> AdResult:
    return LocalRunner(folder).run(asked(checkpoint, **more))


def asked(checkpoint: Path, **more: object) -> AdRequest:
    fields: dict[str, object] = {
        "brief": "창가의 딸기 라떼, 봄 신메뉴",
        "headline": "봄을 한 모금",
        "seed": 7,
        "steps": 1,
        "aspect": "channel",
        "checkpoint": str(checkpoint),
        "text_style": TextStyle(min_px=8),
    }
    return AdRequest(**(fields | more))  # type: ignore[arg-type]


def test_an_ad_has_its_channels_size_safe_zone_format_and_bytes(checkpoint: Path, tmp_path: Path) -> None:
    result = made(checkpoint, tmp_path, channel="계산대", ai_label="AI")
    assert result.path.suffix == ".jpg" and result.path.stat().st_size <= 40_000
    with Image.open(result.path) as ad, Image.open(result.origin_paths[0] or "") as original:
        assert ad.size == original.size == (400, 200)
    drawn = np.abs(result.pictures[0] - result.originals[0]).max(axis=-1) > 0.02
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    assert len(rows) and rows[0] >= 40 and rows[-1] < 160, "copy and label stand inside the safe zone"
    assert columns[0] >= 100 and columns[-1] < 360
    assert result.report.channel == result.layouts[0].channel == "counter"
    assert not [finding for finding in result.report.findings[0] if finding.level == "ERROR"]
    about = json.loads(result.path.with_suffix(".json").read_text("utf-8"))["adstudio"]
    assert about["report"]["channel"] == result.report.channel


def test_one_of_its_sizes_is_chosen_by_name(checkpoint: Path, tmp_path: Path) -> None:
    assert made(checkpoint, tmp_path, channel="계산대:tall").report.size == (180, 320)


def test_a_channel_without_copy_gets_none(checkpoint: Path, tmp_path: Path, box: Path) -> None:
    result = made(checkpoint, tmp_path, channel="bare", logo=str(box))
    assert np.array_equal(result.pictures[0], result.originals[0])
    fit = result.report.step("fit")
    assert fit is not None and any("문구" in note for note in fit.notes) and any("로고" in note for note in fit.notes)


def test_a_channel_whose_size_nobody_knows_keeps_the_aspect(checkpoint: Path, tmp_path: Path, coffee: Path) -> None:
    result = made(checkpoint, tmp_path, channel="somewhere")
    width, height = result.report.size or (0, 0)
    assert width == height
    fit = result.report.step("fit")
    assert fit is not None and any("알려지지 않아서" in note for note in fit.notes)
    over_photo = made(checkpoint, tmp_path, channel="somewhere", reference=str(coffee)).report.size or (0, 0)
    assert over_photo[0] > over_photo[1], "the photo's own"


def test_what_the_channel_would_refuse_is_refused_before_it_is_drawn(checkpoint: Path, tmp_path: Path) -> None:
    request = {"channel": "somewhere", "sub": "딸기 라떼"}
    with pytest.raises(InputError) as refused:
        made(checkpoint, tmp_path / "no", **request)
    assert refused.value.code == "channel.refused" and "channel.text_lines" in refused.value.message
    assert not (tmp_path / "no").exists()
    result = made(checkpoint, tmp_path / "yes", **request, override_channel=True)
    assert result.path.exists()
    codes = [finding.code for finding in result.report.findings[0]]
    assert "channel.text_lines" in codes
    noted = result.report.step("channel")
    assert noted is not None and any("channel.text_lines" in note for note in noted.notes)


def test_a_finished_picture_is_refused_before_it_is_saved(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adstudio.run.local import stages

    # An analyzer that pays no heed to the channel, as one of the user's own might.
    heedless = stages.place_copy
    monkeypatch.setattr(stages, "place_copy", lambda *each, **more: heedless(*each, **(more | {"channel": None})))
    runner = LocalRunner(tmp_path)
    with pytest.raises(InputError, match=r"channel\.safe_zone") as refused:
        runner.run(asked(checkpoint, channel="counter"))
    assert "channel.safe_zone" in [finding.code for finding in runner.report.findings[0]]
    assert (runner.report.status, runner.report.channel) == ("failed", "counter")
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())  # what was drawn, without letters
    assert kept.parent.parent == tmp_path / "origin" and f"What was drawn is kept: {kept}." in refused.value.hint
    assert read_saved(kept)["disclosure"]["digital_source_type"] and read_saved(kept)["request"]["channel"] == "counter"


def test_a_product_stands_on_a_backdrop_of_the_channels_size(checkpoint: Path, tmp_path: Path, box: Path) -> None:
    result = made(checkpoint, tmp_path, task="composite", products=(str(box),), channel="counter")
    assert result.report.size == (400, 200)
    place = result.layouts[0].products[0]
    x, y = round(place.x * 400), round((place.base_y - place.height / 2) * 200)
    assert result.originals[0][y, x, 0] > 0.5 > result.originals[0][y, x, 1], "the red box, where the plan says"


def test_a_photo_is_cut_where_the_least_is_to_be_seen() -> None:
    photo = np.full((300, 300, 3), 0.9, np.float32)
    photo[200:290, 100:200] = np.random.default_rng(3).random((90, 100, 1)).astype(np.float32) * (0.1, 0.4, 0.2)
    seen, middle = cover_seen(photo, 400, 200), cover(photo, 400, 200)
    assert seen.shape == middle.shape == (200, 400, 3)
    whole = 90 * 100 * (4 / 3) ** 2
    assert (seen[..., 0] < 0.5).sum() > 0.95 * whole > 3 * (middle[..., 0] < 0.5).sum()


def test_a_locked_channel_is_never_drawn(adstudio: Run, checkpoint: Path, tmp_path: Path) -> None:
    for name, command in (("비즈보드", "adstudio template kakao-bizboard"), ("쿠팡", "--channel coupang")):
        said = adstudio(
            "generate", "딸기 라떼", "--channel", name, "--checkpoint", checkpoint, "--out", tmp_path / "x", "--json"
        )
        assert said.code == 1 and said.envelope["error"]["code"] == "channel.locked_template"
        assert command in said.envelope["error"]["hint"]
    assert not (tmp_path / "x").exists()


def test_a_composite_for_a_locked_channel_is_set_by_its_template(adstudio: Run, tmp_path: Path, box: Path) -> None:
    said = adstudio(
        *("composite", box, "--context", "성수커피 딸기 라떼", "--channel", "kakao-bizboard", "--json", "--quiet"),
        *("--headline", "아침을 여는 첫 모금이에요", "--sub", "성수커피 라떼", "--out", tmp_path),
        *("--price", "4,900원", "--old-price", "5,500원", "--badge", "1+1"),
    )
    assert said.code == 0, said.out
    path = Path(said.envelope["pictures"][0]["path"])
    with Image.open(path) as banner:
        assert (banner.size, banner.mode) == ((1029, 258), "RGBA")
    assert path.stat().st_size <= 300_000
    steps = [step["name"] for step in said.envelope["report"]["steps"]]
    assert "template" in steps and not {"load", "generate"} & set(steps)
    assert said.envelope["report"]["evaluations"] == 0
    notes = [note for step in said.envelope["report"]["steps"] for note in step["notes"]]
    assert any("뺐어요: ‘1+1’" in note for note in notes)
    plan = json.loads(path.with_suffix(".json").read_text("utf-8"))["adstudio"]
    assert "disclosure" not in plan, "no model has drawn anything"


def test_the_command_line_takes_the_channels_size_unless_another_is_asked_for(
    adstudio: Run, checkpoint: Path, tmp_path: Path
) -> None:
    plain = ("generate", "딸기 라떼", "--checkpoint", checkpoint, "--steps", "1", "--no-text", "--json", "--quiet")
    sizes = {}
    for name, more in {"channel": (), "aspect": ("--aspect", "1:1"), "size": ("--size", "64x96")}.items():
        said = adstudio(*plain, "--channel", "계산대", *more, "--out", tmp_path / name)
        assert said.code == 0, said.out
        sizes[name] = (said.envelope["report"]["size"], Path(said.envelope["pictures"][0]["path"]).suffix)
    assert sizes == {"channel": ([400, 200], ".jpg"), "aspect": ([192, 192], ".png"), "size": ([64, 96], ".png")}


def test_the_library_takes_the_same(checkpoint: Path, tmp_path: Path) -> None:
    result = generate_and_save_image(
        user_input="딸기 라떼", aspect_ratio="channel", channel="kakao_native:profile",
        headline="", steps=1, seed=1, checkpoint=checkpoint, output_dir=tmp_path,
    )  # fmt: skip
    assert result.report.size == (300, 300) and result.path.suffix == ".jpg"


def test_the_aspect_channel_needs_one() -> None:
    with pytest.raises(InputError) as refused:
        AdRequest(brief="라떼", aspect="channel")
    assert refused.value.code == "request.no_channel"


def test_the_words_alone_are_checked_for_every_channel() -> None:
    for name, entry in entries().items():
        for channel in entry.sizes.values() or (entry.sizeless,):
            assert not inspect_copy(AdCopy("봄을 한 모금", "딸기 라떼"), channel) or name == "somewhere"
    for copy, code in (
        (AdCopy("봄을 한 모금", "딸기 라떼", price="5,500원"), "channel.text_lines"),
        (AdCopy("가" * 26), "channel.copy_too_long"),
        (AdCopy("봄 🌸 라떼"), "channel.emoji"),
        (AdCopy("라떼", price="5,500원", old_price="어제 값"), "channel.strike"),
    ):
        place = {"channel.text_lines": "naver_place", "channel.copy_too_long": "kakao_rich_pop"}
        found = inspect_copy(copy, get_channel(place.get(code, "kakao_bizboard")))
        assert [finding.code for finding in found] == [code]


def test_every_name_of_a_channel_limits_copy_alike() -> None:
    for entry in entries().values():
        if entry.id in ("counter", "bare", "somewhere"):
            continue
        for name in (entry.id, entry.id.replace("_", "-"), entry.korean, *entry.aliases):
            assert get_limits(name).channel == entry.id, name
    assert get_limits("kakao_native:2x1").channel == "kakao_native"


def test_copy_is_written_for_a_channel_of_ones_own(adstudio: Run) -> None:
    said = adstudio("copy", "성수동 카페의 딸기 라떼", "--channel", "계산대:tall", "--json")
    assert said.code == 0 and said.envelope["copy"]["headline"]
    assert json.loads(adstudio("copy", "라떼", "--channel", "nowhere", "--json").out)["error"]["code"] == (
        "prompt.unknown_channel"
    )
