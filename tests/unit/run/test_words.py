"""Words in a run and on the command line: rewrites, services, the loaded encoder, and what the report says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_server import COPY_ANSWER, PROMPT_ANSWER, ChatServer, chatting, fails, says
from PIL import Image

from adstudio import AdRequest, LocalRunner
from adstudio.errors import InputError, ProviderError
from adstudio.run.commands import words as words_command
from adstudio.types import TextStyle

KEY = "sk-canary-0123456789abcdef"
BRIEF = "창가에 놓인 딸기 라떼, 봄 신메뉴"


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A service that the settings name, with its key."""
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path / "home"))
    with chatting() as server:
        monkeypatch.setenv("ADSTUDIO_BASE_URL", server.url)
        monkeypatch.setenv("ADSTUDIO_API_KEY", KEY)
        yield server


def request(checkpoint: Path, **changes: Any) -> AdRequest:
    values: dict[str, Any] = {"brief": BRIEF, "seed": 7, "steps": 1, "checkpoint": str(checkpoint)}
    return AdRequest(**values | {"headline": "", "provider": "rules", "text_style": TextStyle(min_px=10)} | changes)


def test_every_picture_of_several_has_a_rewrite_of_its_own(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(request(checkpoint, count=3))
    prompts = [prompt.positive for prompt in result.prompts]
    assert len(set(prompts)) == len(prompts) == 3
    assert all("strawberry latte" in prompt for prompt in prompts)
    assert list(result.report.prompts) == prompts
    assert result.report.seeds == (7, 8, 9)
    alone = LocalRunner(tmp_path).run(request(checkpoint))
    assert alone.prompt == result.prompts[0] == result.prompt
    assert np.array_equal(alone.pictures[0], result.pictures[0])


def test_over_a_photo_the_composition_stays(checkpoint: Path, coffee: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(request(checkpoint, count=2, reference=str(coffee), strength=0.6, steps=2))
    assert len({prompt.positive for prompt in result.prompts}) == 1
    assert not np.array_equal(*result.pictures)


def test_a_service_writes_and_its_key_is_nowhere(
    chat: ChatServer, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    chat.answers(says(PROMPT_ANSWER), says(COPY_ANSWER))
    wanted = request(checkpoint, provider="openai", headline=None, language_model="tiny-model", base_url=chat.url)
    result = LocalRunner(tmp_path / "out").run(wanted)
    assert result.report.providers["prompt"] == result.report.providers["copy"] == "openai (tiny-model)"
    assert PROMPT_ANSWER["subject"] in result.prompt.positive
    assert result.copy.headline == COPY_ANSWER["headline"]
    assert {received.authorization for received in chat.received} == {f"Bearer {KEY}"}
    saved = Image.open(result.path).info["adstudio"]
    assert json.loads(saved)["request"]["base_url"] == "127.0.0.1"
    traces = [saved, result.report.to_json(), repr(result), caplog.text]
    traces += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY in trace for trace in traces)


def test_a_failure_of_the_service_ends_the_run_before_the_model_loads(
    chat: ChatServer, checkpoint: Path, tmp_path: Path
) -> None:
    chat.answers(fails(401, "Incorrect API key provided: {key}"))
    runner = LocalRunner(tmp_path / "out")
    with pytest.raises(ProviderError) as caught:
        runner.run(request(checkpoint, provider="openai"))
    assert caught.value.code == "provider.auth"
    assert [(step.name, step.status) for step in runner.report.steps] == [("check", "done"), ("prompt", "failed")]
    assert KEY not in runner.report.to_json()


def test_with_fallback_the_report_names_who_failed(chat: ChatServer, checkpoint: Path, tmp_path: Path) -> None:
    chat.answers(fails(401, "Incorrect API key provided: {key}"))
    report = LocalRunner(tmp_path / "out").run(request(checkpoint, provider="openai", fallback=True)).report
    assert report.providers["prompt"] == "rules"
    assert report.fallbacks == {"prompt": "openai"}
    step = report.step("prompt")
    assert step is not None and any("openai" in note for note in step.notes)


def test_the_checkpoint_s_own_encoder_writes_when_it_is_chosen(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(request(checkpoint, provider="local", fallback=True))
    names = [step.name for step in result.report.steps]
    assert names.index("load") < names.index("prompt")
    wrote = result.report.providers["prompt"].startswith("local (Qwen3 ")
    assert wrote or result.report.fallbacks == {"prompt": "local"}  # what so small a model says may be of no use


def test_style_auto_is_read_from_the_brief(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(request(checkpoint, brief=f"{BRIEF}, 수채화 느낌", style="auto"))
    assert result.prompt.style == "watercolor"
    step = result.report.step("style")
    assert step is not None and any("watercolor" in note for note in step.notes)  # this checkpoint has no adapter of it


def test_claims_in_a_headline_of_the_user_s_own_are_flagged(checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path).run(request(checkpoint, headline="동네 최고의 라떼"))
    assert [flag.field for flag in result.copy.flags] == ["headline"]
    assert result.copy.headline == "동네 최고의 라떼"
    assert result.report.copy_flags == result.copy.flags
    assert json.loads(result.report.to_json())["copy_flags"][0]["text"] == result.copy.flags[0].text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": "no-such-place"}, "prompt.unknown_channel"),
        ({"provider": "gpt"}, "prompt.unknown_provider"),
        ({"industry": "no-such"}, "prompt.unknown_industry"),
    ],
)
def test_words_that_cannot_be_are_refused_first(
    checkpoint: Path, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    runner = LocalRunner(tmp_path)
    with pytest.raises(InputError) as caught:
        runner.run(request(checkpoint, **change))
    assert caught.value.code == code
    assert "load" not in [step.name for step in runner.report.steps]


class TestCommandLine:
    def test_prompt(self, adstudio: Any) -> None:
        said = adstudio("prompt", BRIEF, "--provider", "rules", "--variants", 3)
        assert said.code == 0
        assert len(said.out.splitlines()) == 3 and "strawberry latte" in said.out.splitlines()[2]
        assert "업종" in said.err

    def test_prompt_as_json(self, adstudio: Any) -> None:
        said = adstudio("prompt", BRIEF, "--provider", "rules", "--copy-space", "left", "--backdrop-only", "--json")
        (prompt,) = said.envelope["prompts"]
        assert prompt["provider"] == "rules" and prompt["copy_space"] == "left" and not prompt["parts"]["subject"]
        assert "latte" not in prompt["positive"]

    def test_copy(self, adstudio: Any) -> None:
        said = adstudio("copy", f"{BRIEF} 6,500원", "--provider", "rules", "--tone", "polite")
        assert said.code == 0
        assert "6,500원" in said.out and "#" in said.out

    def test_copy_as_json(self, adstudio: Any) -> None:
        said = adstudio("copy", BRIEF, "--provider", "rules", "--json", "--quiet")
        copy = said.envelope["copy"]
        assert copy["headline"] and copy["call_to_action"] and copy["caption"] and len(copy["hashtags"]) >= 5
        assert said.err == ""

    def test_a_service_is_asked_where_it_is_named(self, adstudio: Any, chat: ChatServer) -> None:
        chat.answers(says(PROMPT_ANSWER))
        said = adstudio("prompt", BRIEF, "--provider", "openai", "--language-model", "tiny-model")
        assert said.code == 0 and PROMPT_ANSWER["subject"] in said.out
        assert chat.received[0].body["model"] == "tiny-model"

    def test_the_embedded_encoder_can_be_asked(self, adstudio: Any) -> None:
        said = adstudio("prompt", BRIEF, "--provider", "local", "--checkpoint", "demo", "--fallback", "--json")
        (prompt,) = said.envelope["prompts"]
        assert prompt["provider"] == "local" or prompt["fallback_from"] == "local"

    def test_a_tone_has_a_korean_name_too(self, adstudio: Any) -> None:
        korean, english = (
            adstudio("copy", BRIEF, "--provider", "rules", "--tone", tone, "--quiet") for tone in ("강렬", "bold")
        )
        assert korean.code == 0 and korean.out == english.out
        assert adstudio("copy", BRIEF, "--tone", "shouting").code == 2

    def test_no_weights_are_loaded_for_the_rules(self, adstudio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded: list[str] = []
        monkeypatch.setattr(words_command, "local_writer", loaded.append)
        for command in ("prompt", "copy"):
            assert adstudio(command, BRIEF, "--provider", "rules", "--checkpoint", "demo").code == 0
        assert not loaded

    def test_a_reader_that_goes_away_gets_no_traceback(self) -> None:
        command = [sys.executable, "-m", "adstudio", "prompt", BRIEF, "--provider", "rules", "--json", "--quiet"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            assert run.stdout is not None and run.stderr is not None
            run.stdout.close()
            told = run.stderr.read()
        assert run.returncode == 1 and told == b""

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("prompt", "  "), "prompt.empty_brief"),
            (("prompt", BRIEF, "--variants", "99"), "prompt.variant_count"),
            (("prompt", BRIEF, "--provider", "local"), "provider.no_checkpoint"),
            (("copy", BRIEF, "--channel", "nowhere"), "prompt.unknown_channel"),
        ],
    )
    def test_what_cannot_be_is_told(self, adstudio: Any, arguments: tuple[str, ...], code: str) -> None:
        said = adstudio(*arguments, "--json")
        assert said.code == 1 and said.envelope["error"]["code"] == code and said.envelope["error"]["hint"]
