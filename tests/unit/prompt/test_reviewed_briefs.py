"""Briefs that were read wrongly once, each with what its picture has to show or to leave out."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor
from adstudio.types import AdPrompt


def write(brief: str, *, style: str = "realistic", backdrop_only: bool = False, seed: int = 0) -> AdPrompt:
    return processor.write(brief, style=style, backdrop_only=backdrop_only, seed=seed, provider="rules")


@pytest.mark.parametrize("brief", ["치킨집 밤 11시까지", "카페 밤 10시 마감", "초밥집 저녁 17시부터"])
def test_opening_hours_do_not_set_the_scene(brief: str) -> None:
    prompt, bare = write(brief), write(brief.split()[0])
    assert (prompt.scene.place, prompt.scene.colour, prompt.scene.mood) == (
        bare.scene.place,
        bare.scene.colour,
        bare.scene.mood,
    )
    assert "night" not in prompt.positive
    assert prompt.decided == ()
