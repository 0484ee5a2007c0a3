"""Variants of an ad in every trade. Slow: a plan weighs sixty wordings, for ninety-two ads."""

from __future__ import annotations

from pathlib import Path

import pytest

from adstudio.prompt import processor
from adstudio.prompt.industries import industries
from adstudio.prompt.picture.variants import distinctness

LEAST = 0.34  # the least of all industries was 0.36 when this was written


@pytest.fixture(autouse=True)
def nobodys_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))


@pytest.mark.parametrize("backdrop_only", [False, True])
@pytest.mark.parametrize("industry", industries())
def test_four_variants_differ_more_than_four_seeds_in_every_industry(industry: str, backdrop_only: bool) -> None:
    given = {"industry": industry, "backdrop_only": backdrop_only}
    variants = processor.write_variants("신메뉴 광고", 4, **given)
    seeds = [processor.write("신메뉴 광고", seed=seed, **given) for seed in range(4)]
    assert distinctness(variants) >= LEAST
    assert distinctness(variants) > distinctness(seeds)
