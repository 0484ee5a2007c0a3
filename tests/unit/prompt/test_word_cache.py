"""Answers kept on disk: the same question is asked once, and nothing kept can break or leak."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import COPY_ANSWER, MODEL, ChatServer, chatting, fails, says

from adstudio.chat import cache
from adstudio.chat.cache import AnswerCache, question_id
from adstudio.errors import ProviderError
from adstudio.prompt import processor
from adstudio.prompt.providers import ProviderChoice, model_writer
from adstudio.types import AdPrompt

BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"
CANARY = "sk-canary-0123456789abcdefghij"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with chatting() as chat:
        monkeypatch.setenv("ADSTUDIO_BASE_URL", chat.url)
        monkeypatch.setenv("ADSTUDIO_API_KEY", CANARY)
        yield chat


def write(model: str = MODEL, *, use_cache: bool = True, **request: Any) -> AdPrompt:
    return processor.write(
        **{"brief": BRIEF, "provider": ProviderChoice("openai", model=model, cache=use_cache), **request}
    )


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "cache" / "words").rglob("*") if path.is_file())


def test_the_same_question_is_asked_once(server: ChatServer, user_folder: Path) -> None:
    first, second = write(), write()
    assert server.count == 1
    assert (second.positive, second.model, second.tokens) == (first.positive, first.model, first.tokens)
    assert second.notes != first.notes and "다시" in second.notes[0]
    (entry,) = entries(user_folder)
    assert entry.relative_to(user_folder).match(f"cache/words/{entry.stem[:2]}/{entry.stem}.json")
    text = entry.read_text("utf-8")
    assert CANARY not in text and server.host not in text and BRIEF not in text
    assert entry.stat().st_mode & 0o077 == 0


def test_everything_that_decides_the_answer_makes_another_question(server: ChatServer) -> None:
    write()
    ways: list[dict[str, Any]] = [
        {"brief": BRIEF + " 여름"}, {"seed": 1}, {"style": "anime"}, {"industry": "bakery"}, {"backdrop_only": True},
        {"copy_space": "left"}, {"model": "another"},
    ]  # fmt: skip
    for n, way in enumerate(ways, 2):
        write(**way)
        assert server.count == n, way
    with chatting() as other:
        choice = ProviderChoice("openai", model=MODEL, base_url=other.url)
        processor.write(BRIEF, provider=choice)
        assert other.count == 1
    server.answers(says(COPY_ANSWER))
    processor.write_copy(BRIEF, provider=ProviderChoice("openai", model=MODEL))
    assert server.count == 1


def test_a_seed_of_the_same_draft_is_still_another_question(server: ChatServer) -> None:
    drafts: dict[AdPrompt, int] = {}
    seeds = next(
        (drafts[draft], seed)
        for seed in range(1, 99)
        if drafts.setdefault(draft := processor.write(BRIEF, seed=seed, provider="rules"), seed) != seed
    )
    for seed in seeds:
        write(seed=seed)
    assert server.count == 2


def test_new_instructions_ask_anew(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    monkeypatch.setattr(model_writer, "instructions_version", lambda: 999)
    write()
    assert server.count == 2


def test_it_can_be_switched_off(server: ChatServer, user_folder: Path) -> None:
    write(use_cache=False)
    write(use_cache=False)
    assert server.count == 2 and not entries(user_folder)
    (user_folder / "settings.yaml").write_text("cache: no\n", encoding="utf-8")
    write()
    write()
    assert server.count == 4 and not entries(user_folder)


def test_failures_are_not_kept(server: ChatServer, user_folder: Path) -> None:
    for reply in (fails(401), says("no JSON"), says(None, refusal="no")):
        server.answers(reply)
        with pytest.raises(ProviderError):
            write()
    assert not entries(user_folder)


BROKEN = [
    b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"form": 1}', b'{"a":' * 5000, b"x" * (1 << 20),
    {"answer": None}, {"answer": {"subject": 5}}, {"answer": {}}, {"model": 5}, {"tokens": "x"}, {"notes": None},
    {"tokens": -5}, {"tokens": True}, {"tokens": 1 << 60}, {"model": "\u200b<>"},
    {"form": 99}, {"question": "0" * 64},
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_entry_counts_as_none_and_is_written_anew(
    server: ChatServer, user_folder: Path, broken: bytes | dict[str, Any]
) -> None:
    first = write()
    (entry,) = entries(user_folder)
    whole = json.loads(entry.read_text("utf-8"))
    entry.write_bytes(broken if isinstance(broken, bytes) else json.dumps({**whole, **broken}).encode())
    assert write().positive == first.positive
    assert server.count == 2
    assert json.loads(entry.read_text("utf-8")) == whole


def test_an_entry_somebody_wrote_goes_through_the_same_checks(server: ChatServer, user_folder: Path) -> None:
    write()
    (entry,) = entries(user_folder)
    whole = json.loads(entry.read_text("utf-8"))
    whole["answer"]["props"] = 'a sign with the text "간판", a spoon'
    entry.write_text(json.dumps(whole), encoding="utf-8")
    prompt = write()
    assert server.count == 1
    assert "a spoon" in prompt.parts.props and "sign" not in prompt.parts.props


def test_what_is_shown_of_an_entry_is_plain(server: ChatServer, user_folder: Path) -> None:
    write()
    (entry,) = entries(user_folder)
    shown = {"model": "<script>m\n", "notes": ["<b>note</b>\x07", 5, "x" * 9000]}
    entry.write_text(json.dumps({**json.loads(entry.read_text("utf-8")), **shown}), encoding="utf-8")
    prompt = write()
    assert server.count == 1 and prompt.model == "scriptm"
    assert prompt.notes[1] == "bnote/b" and max(map(len, prompt.notes)) <= 200


def test_a_folder_that_cannot_be_written_is_no_cache(
    server: ChatServer, user_folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnswerCache, "_complained", False)
    (user_folder / "cache").write_text("a file where a folder should be")
    with caplog.at_level(logging.WARNING):
        write()
        write()
    assert server.count == 2
    assert len([record for record in caplog.records if "not kept" in record.getMessage()]) == 1


def test_the_oldest_go_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_PRUNE_EVERY", 10**6)
    words = AnswerCache(tmp_path, max_bytes=100_000)
    names = [question_id(n) for n in range(200)]
    for n, name in enumerate(names):
        words.keep(name, {"answer": {"a": "x" * 1000}})
        os.utime(words._path(name), (n, n))
    words.find(names[0])  # of use just now
    stale = tmp_path / "ab" / ".left.part"
    stale.parent.mkdir(exist_ok=True)
    stale.write_text("x")
    os.utime(stale, (1, 1))
    words.prune()
    left = [name for name in names if words.find(name)]
    assert names[0] in left and names[-1] in left and names[1] not in left
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.json")) <= 100_000
    assert len(left) > 50 and not stale.exists()


def test_pruning_happens_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_PRUNE_EVERY", 8)
    words = AnswerCache(tmp_path, max_bytes=20_000)
    for n in range(100):
        words.keep(question_id(n), {"answer": {"a": "x" * 1000}})
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.json")) < 32_000


def test_a_huge_entry_is_not_kept(tmp_path: Path) -> None:
    words = AnswerCache(tmp_path)
    words.keep(question_id(1), {"answer": {"a": "x" * (1 << 17)}})
    assert words.find(question_id(1)) is None


def test_many_writers_of_one_entry_never_show_half_of_it(tmp_path: Path) -> None:
    name, stop = question_id("q"), threading.Event()
    seen: list[object] = []

    def keep() -> None:
        words = AnswerCache(tmp_path)
        for n in range(100):
            words.keep(name, {"answer": {"a": str(n) * 500}})

    def find() -> None:
        while True:
            seen.append(AnswerCache(tmp_path).find(name))
            if stop.is_set():
                return

    writers, reader = [threading.Thread(target=keep) for _ in range(4)], threading.Thread(target=find)
    AnswerCache(tmp_path).keep(name, {"answer": {"a": "first"}})
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert seen and None not in seen
    assert not list(tmp_path.rglob("*.part"))
