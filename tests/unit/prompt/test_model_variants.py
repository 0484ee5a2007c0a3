"""Variants by a language model: what it is not told apart is said, and names of brands stay out of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chat_server import MODEL, PROMPT_ANSWER, ChatServer, chatting, says

from adstudio.prompt import processor
from adstudio.prompt.providers import ProviderChoice
from adstudio.types import AdPrompt

BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"
CHOICE = ProviderChoice("openai", model=MODEL, cache=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with chatting() as chat:
        monkeypatch.setenv("ADSTUDIO_BASE_URL", chat.url)
        yield chat


def variants(count: int) -> tuple[AdPrompt, ...]:
    return processor.write_variants(BRIEF, count, provider=CHOICE)


def alike(prompts: tuple[AdPrompt, ...]) -> list[bool]:
    return [any("거의 같아요" in note for note in prompt.notes) for prompt in prompts]


def test_a_model_that_writes_one_prompt_three_times_is_told_of(server: ChatServer) -> None:
    server.answers(says(PROMPT_ANSWER))
    prompts = variants(3)
    assert len({prompt.parts.camera for prompt in prompts}) == 1  # only the light, which the rules hold, differs
    assert alike(prompts) == [True] * 3


def test_one_word_more_is_no_variant_and_another_scene_is(server: ChatServer) -> None:
    other: dict[str, Any] = {
        **PROMPT_ANSWER,
        "setting": "a grey stone counter in a dim cellar",
        "props": "roasted beans, a steel jug",
        "palette": "charcoal and copper",
        "camera": "flat lay from straight above",
    }
    server.answers(says(PROMPT_ANSWER), says({**PROMPT_ANSWER, "mood": "quiet, inviting and warm"}), says(other))
    prompts = variants(3)
    noted = {prompt.parts.palette: is_alike for prompt, is_alike in zip(prompts, alike(prompts), strict=True)}
    assert noted == {PROMPT_ANSWER["palette"]: True, "charcoal and copper": False}


def test_the_rules_are_not_told_of() -> None:
    assert not any(alike(processor.write_variants(BRIEF, 4, provider="rules")))


def test_a_brand_in_an_answer_does_not_reach_the_picture(server: ChatServer) -> None:
    server.answers(says({**PROMPT_ANSWER, "props": "a Starbucks cup with the Nike swoosh, a spoon"}))
    prompt = processor.write(BRIEF, provider=CHOICE)
    assert prompt.parts.props == "a cup with the swoosh, a spoon"
    assert any("Starbucks, Nike" in note for note in prompt.notes)
