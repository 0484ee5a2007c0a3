"""The demo: three real ads, one per way of working, with a checkpoint of the embedded one's kind in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_checkpoint import build_checkpoint

from adstudio import config
from adstudio.output.metadata import read_metadata


@pytest.fixture(autouse=True)
def embedded(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights in the embedded checkpoint's place: what the demo draws is not looked at here."""
    monkeypatch.setattr(config, "EMBEDDED_CHECKPOINT", build_checkpoint(tmp_path_factory.mktemp("demo"), base_px=256))


def test_the_demo_makes_three_lettered_ads_by_three_roads_and_says_where(adstudio: Any, tmp_path: Path) -> None:
    said = adstudio("demo", "--out", tmp_path)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert len(lines) == 3
    reports: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        found = re.fullmatch(rf"{number}\. (\S+\.png)  \(\d+\.\d\d s per step\)", line)
        assert found and Path(found[1]).is_absolute()
        about: Any = read_metadata(found[1])["adstudio"]
        ad, original = Image.open(found[1]), Image.open(Path(found[1]).parent / about["origin"]["path"])
        assert ad.size == original.size
        assert np.abs(np.asarray(ad, np.int16) - np.asarray(original, np.int16)).max() > 60, "it must be lettered"
        reports.append(about["report"])
    assert [report["model"] for report in reports] == [config.EMBEDDED_NAME] * 3
    words, photo, product = ({step["name"] for step in report["steps"]} for report in reports)
    assert "photo" not in words and "cutout" not in words
    assert "photo" in photo and reports[1]["evaluations"] < reports[0]["evaluations"] == 8
    assert {"cutout", "place", "compose"} <= product
