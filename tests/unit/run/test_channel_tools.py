"""Channels in the tools beside a whole run: lay out, letter, reflow, save."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from adstudio.errors import InputError
from adstudio.layout.plan.reading import to_json
from adstudio.output.channels import get_channel
from adstudio.run.channels import letter_for
from adstudio.run.finishing import Wanted
from adstudio.run.graph_saving import save_ad
from adstudio.types import Box, Channel, LayoutPlan, Mark, Placement, TextBlock, TextStyle

STORY = "instagram_story"
LINE = TextBlock("headline", "봄을 한 모금", Box(0.1, 0.2, 0.9, 0.5))


@pytest.fixture
def tall(tmp_path: Path) -> Path:
    path = tmp_path / "tall.png"
    Image.fromarray(data.coffee()).resize((270, 480), box=(100, 0, 325, 400)).save(path)
    return path


@pytest.fixture
def copy_file(tmp_path: Path) -> Path:
    path = tmp_path / "copy.json"
    path.write_text(json.dumps({"headline": "봄을 한 모금", "sub": "딸기 라떼", "call_to_action": "주문하기"}), "utf-8")
    return path


def plan_file(folder: Path, *blocks: TextBlock) -> Path:
    path = folder / "plan.json"
    path.write_text(to_json(LayoutPlan(blocks)), "utf-8")
    return path


def test_a_layout_keeps_the_safe_zone(adstudio: Any, tall: Path, copy_file: Path) -> None:
    def boxes(*more: str) -> list[dict[str, float]]:
        said = adstudio("layout", tall, "--copy", copy_file, "--min-px", "8", "--all", "--json", "--quiet", *more)
        assert said.code == 0, said.out
        return [text["box"] for plan in said.envelope["proposals"] for text in plan["texts"]]

    def inside(box: dict[str, float]) -> bool:
        return box["y0"] >= 0.13 - 1e-6 and box["y1"] <= 0.80 + 1e-6

    assert all(inside(box) for box in boxes("--channel", "스토리"))
    assert not all(inside(box) for box in boxes()), "without the channel they do not"


def test_no_copy_is_laid_out_where_none_is_taken(adstudio: Any, tall: Path, copy_file: Path) -> None:
    said = adstudio("layout", tall, "--copy", copy_file, "--channel", "쿠팡", "--json")
    assert said.code == 1 and said.envelope["error"]["code"] == "channel.takes_no_copy"


def test_lettering_for_a_channel_is_checked_and_fits_its_bytes(adstudio: Any, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).resize((600, 500)).save(photo)
    plan, out = plan_file(tmp_path, LINE), tmp_path / "ad.jpg"
    said = adstudio("letter", photo, "--plan", plan, "--channel", "캐시워크", "-o", out, "--json", "--quiet")
    assert said.code == 0, said.out
    assert out.stat().st_size <= 150_000
    assert said.envelope["pictures"][0]["channel"] == "cashwalk"
    story = adstudio("letter", photo, "--plan", plan, "--channel", STORY, "-o", tmp_path / "b.jpg", "--json", "--quiet")
    assert story.code == 0, "another ratio is only cut there, which is a warning"
    assert "channel.ratio_advised" in [finding["code"] for finding in story.envelope["pictures"][0]["findings"]]
    low = plan_file(tmp_path, TextBlock("headline", "봄을 한 모금", Box(0.1, 0.75, 0.9, 0.95)))
    refused = ("letter", photo, "--plan", low, "--channel", STORY, "-o", tmp_path / "c.jpg", "--json", "--quiet")
    said = adstudio(*refused)
    assert said.code == 1 and "channel.safe_zone" in said.envelope["error"]["message"]
    assert not (tmp_path / "c.jpg").exists()
    assert adstudio(*refused, "--override").code == 0 and (tmp_path / "c.jpg").exists()


def test_reflow_uses_the_bytes_that_a_channel_allows(adstudio: Any, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).save(photo)
    said = adstudio(
        *("reflow", photo, "--plan", plan_file(tmp_path, LINE), "--channels", "캐시워크", "-o", tmp_path, "--json")
    )
    (entry,) = said.envelope["pictures"]
    size = Path(entry["path"]).stat().st_size
    assert 0.8 * 150_000 < size <= 150_000 or "quality 95" in " ".join(entry["notes"])


def test_reflow_leaves_copy_out_where_none_is_taken(adstudio: Any, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (300, 300), "white").save(photo)
    plan = plan_file(tmp_path, LINE)
    said = adstudio("reflow", photo, "--plan", plan, "--channels", "google_merchant", "-o", tmp_path, "--json")
    (entry,) = said.envelope["pictures"]
    assert entry["path"] and any("문구를 뺐어요" in note for note in entry["notes"])
    assert np.asarray(Image.open(entry["path"])).min() > 250


def test_a_picture_whose_channel_takes_no_copy_passes_through() -> None:
    picture = (data.coffee()[:100, :100] / 255).astype(np.float32)
    done = letter_for(picture, LayoutPlan(channel="coupang"), TextStyle())
    assert done.image is picture and "쿠팡" in done.notes[0]
    assert done.plate.shape == (100, 100, 4) and not done.plate.any() and len(done.layers) == 1
    for plan in (LayoutPlan(), LayoutPlan(channel=STORY), LayoutPlan(channel="of another machine")):
        with pytest.raises(InputError) as refused:
            letter_for(picture, plan, TextStyle())
        assert refused.value.code == "text.no_copy"


def test_saving_for_a_channel_checks_size_and_format_in_words(tmp_path: Path) -> None:
    picture = (data.coffee()[:300, :600] / 255).astype(np.float32)
    native = get_channel("kakao_native:2x1")
    with pytest.raises(InputError, match=r"600x300 px, but .* takes ≥ 1200x600 px"):
        save_ad(picture, tmp_path, Wanted(channel=native), metadata={})
    saved = save_ad(np.kron(picture, np.ones((2, 2, 1), np.float32)), tmp_path, Wanted(channel=native), metadata={})
    assert any("1200x600 px, png" in note for note in saved.notes)
    advised = save_ad(picture, tmp_path, Wanted(channel=get_channel("kakao_link")), metadata={})
    assert any("channel.size_advised" in note for note in advised.notes)
    nowhere = save_ad(picture, tmp_path, Wanted(channel=get_channel("배민")), metadata={})
    assert nowhere.path.exists(), "no size is known, so none is wrong"


def test_the_label_keeps_to_the_safe_zone_and_off_the_products(tmp_path: Path) -> None:
    picture = np.full((300, 400, 3), 0.8, np.float32)
    channel = Channel("a", "가", "A", (400, 300), safe=Box(0.1, 0.2, 0.9, 0.8))

    def where(plan: LayoutPlan | None, channel: Channel | None) -> tuple[int, int, int, int]:
        saved = save_ad(picture, tmp_path, Wanted(label="AI", channel=channel), plan=plan, metadata={})
        drawn = np.abs(np.asarray(Image.open(saved.path), np.float32) / 255 - picture).max(axis=2) > 0.1
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])

    left, top, right, bottom = where(None, channel)
    assert left >= 40 and top >= 60 and right < 360 and bottom < 240
    assert where(None, None)[0] > 300, "at the right where nothing stands there"
    beside = LayoutPlan(products=(Placement(0.85, 1.0, 0.4),))
    assert where(beside, None)[2] < 0.85 * 400 - 60
    code = LayoutPlan(marks=(Mark("qr", Box(0.7, 0.7, 1, 1), "x"),), products=(Placement(0.15, 1.0, 0.4),))
    assert where(code, None)[3] < 150, "at the top where product and code take both corners"
