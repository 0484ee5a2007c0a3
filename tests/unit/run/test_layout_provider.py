"""A run whose layouts come from a model that looks: what the report says, and what is refused before it begins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import MODEL, ChatServer, Received, Reply, chatting, fails, says

from adstudio.chat import openai_chat
from adstudio.errors import ProviderError
from adstudio.run.local.runner import LocalRunner
from adstudio.run.report import RunReport
from adstudio.run.request import AdRequest
from adstudio.types import TextStyle

CANARY = "sk-canary-0123456789abcdefghij"
KOREAN = "가장 고요한 자리라서 골랐습니다."


def answer(request: Received) -> Reply:
    """The first place for everything that is asked about."""
    properties = request.body["response_format"]["json_schema"]["schema"]["properties"]
    values = {name: form.get("enum", ["auto"])[0] for name, form in properties.items()}
    return says(values | {"reasoning": KOREAN})


def notes(report: RunReport) -> list[str]:
    return [note for step in report.steps for note in step.notes]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ChatServer]:
    monkeypatch.setattr(openai_chat, "_dialects", {})
    monkeypatch.setattr(openai_chat, "BACKOFF_S", 0.02)
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path / "home"))
    with chatting() as chat:
        monkeypatch.setenv("ADSTUDIO_BASE_URL", chat.url)
        monkeypatch.setenv("ADSTUDIO_API_KEY", CANARY)
        monkeypatch.setenv("ADSTUDIO_VISION_MODEL", MODEL)
        chat.answers(answer)
        yield chat


def request(checkpoint: Path, **more: Any) -> AdRequest:
    fields: dict[str, Any] = {
        "brief": "창가의 딸기 라떼",
        "headline": "봄 한 모금",
        "provider": "rules",
        "seed": 7,
        "steps": 1,
        "checkpoint": str(checkpoint),
        "text_style": TextStyle(min_px=8),
        "layout_provider": "openai",
    }
    return AdRequest(**(fields | more))


def test_a_model_lays_the_copy_out(server: ChatServer, checkpoint: Path, tmp_path: Path) -> None:
    result = LocalRunner(tmp_path / "out").run(request(checkpoint, layout_as_proposed=True))
    assert result.layouts[0].provider == "openai"
    assert result.report.providers["layout"] == f"openai ({MODEL})" and not result.report.fallbacks
    assert any(KOREAN in note for note in notes(result.report))
    assert server.count == 1 and server.received[0].picture.size
    for path in (tmp_path / "out").rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


def test_products_and_copy_are_both_looked_at(server: ChatServer, checkpoint: Path, box: Path, tmp_path: Path) -> None:
    wanted = request(checkpoint, task="composite", products=(str(box),), context="빨간 상자", layout_as_proposed=True)
    result = LocalRunner(tmp_path / "out").run(wanted)
    assert server.count == 2
    assert ["rings" in received.data for received in server.received] == [True, False]
    assert result.layouts[0].products and result.layouts[0].texts


def test_a_fallback_is_in_the_report(server: ChatServer, checkpoint: Path, tmp_path: Path) -> None:
    server.answers(fails(500, "boom"))
    report = LocalRunner(tmp_path / "out").run(request(checkpoint, fallback=True)).report
    assert report.fallbacks == {"layout": "openai"} and report.providers["layout"] == "local"
    assert any("실패" in note for note in notes(report))
    with pytest.raises(ProviderError, match="HTTP 500"):
        LocalRunner(tmp_path / "out").run(request(checkpoint))


def test_what_cannot_be_asked_is_refused_before_anything_is_drawn(
    server: ChatServer, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADSTUDIO_VISION_MODEL")
    runner = LocalRunner(tmp_path / "out")
    with pytest.raises(ProviderError) as caught:
        runner.run(request(checkpoint))
    assert caught.value.code == "provider.no_vision_model"
    assert [step.name for step in runner.report.steps] == ["check"]


def test_the_command_line_takes_it(server: ChatServer, checkpoint: Path, tmp_path: Path, adstudio: Any) -> None:
    said = adstudio(
        *("generate", "창가의 라떼", "--checkpoint", checkpoint, "--provider", "rules", "--steps", 1, "--seed", 3),
        *("--headline", "라떼", "--layout-provider", "auto", "--layout-as-proposed", "--out", tmp_path, "--json"),
    )
    assert said.code == 0, said.err
    assert said.envelope["report"]["providers"]["layout"] == f"openai ({MODEL})"
    assert CANARY not in said.out + said.err and json.dumps(server.received[0].data)


def test_a_wrong_name_is_said_with_the_right_ones(checkpoint: Path, tmp_path: Path, adstudio: Any) -> None:
    said = adstudio(
        *("generate", "라떼", "--checkpoint", checkpoint, "--layout-provider", "lokal", "--out", tmp_path, "--json")
    )
    assert said.code == 1 and said.envelope["error"]["code"] == "layout.unknown_provider"
    assert "local" in said.envelope["error"]["hint"]


def test_the_layout_command_asks_a_model_too(server: ChatServer, coffee: Path, tmp_path: Path, adstudio: Any) -> None:
    words = tmp_path / "copy.json"
    words.write_text('{"headline": "봄 한 모금"}', "utf-8")
    said = adstudio("layout", coffee, "--copy", words, "--provider", "openai", "--min-px", 8, "--json")
    assert said.code == 0, said.err
    assert server.count == 1 and any(KOREAN in reason for reason in said.envelope["plan"]["reasons"])
