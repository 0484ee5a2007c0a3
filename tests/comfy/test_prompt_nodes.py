"""The prompt nodes in a real server: rewrites, copy, language models over HTTP and over the loaded encoder."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from canary import KEY, assert_no_key
from chat_server import COPY_ANSWER, PROMPT_ANSWER, ChatServer, chatting, fails, says
from comfy_server import ComfyServer, Rejected, Run
from PIL import Image

BRIEF = "창가에 놓인 딸기 라떼, 봄 신메뉴 6,500원"


@pytest.fixture
def chat(server: ComfyServer) -> Iterator[ChatServer]:
    """A language model that the server's settings name, with a key."""
    settings = server.base / "user" / "__adstudio" / "settings.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    with chatting() as chat:
        keys = f"{{'{chat.host}': {KEY}}}"
        settings.write_text(f"cache: false\nopenai:\n  base_url: {chat.url}\n  model: tiny-model\n  keys: {keys}\n")
        settings.chmod(0o600)
        yield chat
        settings.unlink()


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def prompt_node(**inputs: Any) -> dict[str, Any]:
    values = {"brief": BRIEF, "industry": "auto", "style": "realistic", "backdrop_only": False, "variation": 0}
    return node("AdStudioPromptProcessor", **(values | {"provider": "rules"} | inputs))


def shown(run: Run, number: str) -> str:
    return "\n".join(run.entry["outputs"][number]["text"])


def writer_node(provider: str, **inputs: Any) -> dict[str, Any]:
    return node("AdStudioLanguageModel", **({"provider": provider, "fallback": False, "language_model": ""} | inputs))


def graph(provider: str, *, variation: int = 0, **writer: Any) -> dict[str, Any]:
    """A prompt by a language model, and its English text where a test can read it."""
    return {
        "1": prompt_node(writer=["8", 0], variation=variation),
        "2": node("PreviewAny", source=["1", 2]),
        "8": writer_node(provider, **writer),
    }


def wait_until_asked(chat: ChatServer) -> None:
    deadline = time.monotonic() + 300
    while not chat.count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_variants_draw_a_picture_each(server: ComfyServer):
    run = server.run(
        {
            "1": prompt_node(variants=3),
            "2": node("AdStudioZitLoader", checkpoint="demo (embedded)"),
            "3": node(
                "AdStudioText2Image", zit=["2", 0], prompt=["1", 0], aspect="1:1", seed=1, steps=2, batch=1, width=0,
                height=0, text="", lettering="report",
            ),
            "4": node("SaveImage", images=["3", 0], filename_prefix="variants"),
        }
    )  # fmt: skip
    assert run.status == "success", run.error
    pictures = [content for _, content in run.pictures()]
    assert len(pictures) == len(set(pictures)) == 3


def test_a_language_model_writes_the_prompt_and_the_key_stays_home(server: ComfyServer, chat: ChatServer):
    chat.answers(says(PROMPT_ANSWER))
    run = server.run(graph("openai"))
    assert run.status == "success", run.error
    assert PROMPT_ANSWER["subject"] in shown(run, "2")
    assert "openai (tiny-model)" in shown(run, "1")
    (received,) = chat.received
    assert received.authorization == f"Bearer {KEY}"
    assert received.body["model"] == "tiny-model"
    assert_no_key(server, run)


def test_auto_takes_the_service_whose_key_is_set(server: ComfyServer, chat: ChatServer):
    chat.answers(says(PROMPT_ANSWER))
    run = server.run(graph("auto", variation=11))
    assert "openai (tiny-model)" in shown(run, "1")


def test_a_failing_service_is_an_error_of_the_node(server: ComfyServer, chat: ChatServer):
    chat.answers(fails(401, "Incorrect API key provided: {key}"))
    run = server.run(graph("openai", variation=1))
    assert run.error is not None
    assert run.error["node_id"] == "1"
    assert run.error["exception_type"] == "adstudio.ProviderError"
    assert chat.count == 1
    assert_no_key(server, run)


def test_with_fallback_the_rules_write_and_the_node_says_so(server: ComfyServer, chat: ChatServer):
    chat.answers(fails(401, "Incorrect API key provided: {key}"))
    run = server.run(graph("openai", fallback=True, variation=2))
    assert run.status == "success", run.error
    assert "strawberry latte" in shown(run, "2")
    assert "openai" in shown(run, "1") and "rules" in shown(run, "1")
    assert_no_key(server, run)


def test_settings_count_in_the_next_run_and_a_failed_provider_is_asked_again(server: ComfyServer, chat: ChatServer):
    chat.answers(says(PROMPT_ANSWER))
    first = server.run(graph("openai", variation=9))
    assert "openai (tiny-model)" in shown(first, "1")
    assert "1" in server.run(graph("openai", variation=9)).cached
    settings = server.base / "user" / "__adstudio" / "settings.yaml"
    settings.write_text(settings.read_text().replace("tiny-model", "larger-model"))
    chat.answers(fails(500), fails(500), fails(500))
    second = server.run(graph("openai", variation=9, fallback=True))
    assert chat.received and chat.received[0].body["model"] == "larger-model"
    assert "rules" in shown(second, "1")
    chat.answers(says(PROMPT_ANSWER, model="larger-model"))
    third = server.run(graph("openai", variation=9, fallback=True))
    assert "openai (larger-model)" in shown(third, "1")
    assert "1" in server.run(graph("openai", variation=9, fallback=True)).cached


def test_how_a_brief_was_read_stands_on_the_node_and_is_no_badge(server: ComfyServer):
    run = server.run({"1": prompt_node(brief="창가 말고 카페 딸기라떼"), "2": node("PreviewAny", source=["1", 2])})
    told = run.entry["outputs"]["1"]
    assert [badge["value"] for badge in told["adstudio_badges"]] == ["rules", "‘창가’ 제외: 쓰지 말라는 말이 있어요"]
    assert "‘딸기라떼’ → 제품" in shown(run, "1")
    assert any(line.get("code") == "reading.became" for line in told["adstudio_receipt"][0])


def test_markup_in_a_brief_is_shown_as_text(server: ComfyServer):
    brief = '"<img src=x onerror=alert(1)>" 딸기라떼'
    run = server.run({"1": prompt_node(brief=brief), "2": node("PreviewAny", source=["1", 2])})
    assert "img src" in shown(run, "1") and "<" not in shown(run, "1") + shown(run, "2")


def test_cancel_ends_a_wait_for_the_service(server: ComfyServer, chat: ChatServer):
    chat.answers(says(PROMPT_ANSWER, held=threading.Event()))
    prompt_id = server.queue(graph("openai", variation=3))
    wait_until_asked(chat)
    server.post("/interrupt")
    assert "execution_interrupted" in server.wait(prompt_id).messages
    assert chat.gone.wait(120), "the request is still open"


def test_other_nodes_work_while_the_service_writes(server: ComfyServer, chat: ChatServer):
    cut_out = threading.Event()
    chat.answers(says(PROMPT_ANSWER, held=cut_out))
    cut = {"image": ["4", 0], "method": "geodesic", "edge_trim_px": 1, "allow_download": False, "invert_mask": False}
    photo = {
        "3": node("LoadImage", image="example.png"),
        "4": node("ProbeWaits", image=["3", 0]),
        "5": node("AdStudioBackgroundRemoval", **cut),
        "6": node("PreviewImage", images=["5", 1]),
    }
    previews = server.base / "temp"
    before = set(previews.rglob("*.png"))
    prompt_id = server.queue(graph("openai", variation=4) | photo)
    wait_until_asked(chat)
    server.post("/adstudio_probe/go_on")
    deadline = time.monotonic() + 300
    while set(previews.rglob("*.png")) <= before:
        assert time.monotonic() < deadline, "the cut-out should be done while the service still writes"
        time.sleep(0.05)
    cut_out.set()
    run = server.wait(prompt_id)
    assert run.status == "success", run.error
    assert PROMPT_ANSWER["subject"] in shown(run, "2")


def test_the_loaded_encoder_writes_on_its_own_weights(server: ComfyServer):
    loader = {"9": node("AdStudioZitLoader", checkpoint="demo (embedded)")}
    run = server.run(graph("local", fallback=True, zit=["9", 0], variation=5) | loader)
    assert run.status == "success", run.error
    assert "local" in shown(run, "1")


def test_pictures_are_the_same_after_the_encoder_has_written(server: ComfyServer):
    loader = {"9": node("AdStudioZitLoader", checkpoint="demo (embedded)")}
    own = {"zit": ["9", 0], "text": "a cup on a table", "aspect": "1:1", "seed": 3, "steps": 2, "batch": 1}
    drawing = loader | {
        "3": node("AdStudioText2Image", **own, width=0, height=0),
        "4": node("SaveImage", images=["3", 0], filename_prefix="before"),
    }
    before = server.run(drawing)
    assert before.status == "success", before.error
    wrote = server.run(graph("local", fallback=True, zit=["9", 0], variation=8) | loader)
    assert wrote.status == "success", wrote.error
    server.free()
    drawing["4"]["inputs"]["filename_prefix"] = "after"
    after = server.run(drawing)
    assert "3" not in after.cached
    ((_, one),), ((_, other),) = before.pictures(), after.pictures()
    assert np.array_equal(*(np.asarray(Image.open(io.BytesIO(content))) for content in (one, other)))


def test_the_provider_on_the_node_itself_counts_where_no_writer_is_connected(server: ComfyServer, chat: ChatServer):
    chat.answers(says(PROMPT_ANSWER))
    run = server.run({"1": prompt_node(provider="openai", variation=7), "2": node("PreviewAny", source=["1", 2])})
    assert PROMPT_ANSWER["subject"] in shown(run, "2")


def test_local_without_a_checkpoint_says_what_to_connect(server: ComfyServer):
    run = server.run(graph("local", variation=6))
    assert run.error is not None
    assert "ZIT Loader" in run.error["exception_message"]


def test_words_of_the_user_s_folder_count_at_once_and_are_served_to_nobody(server: ComfyServer, chat: ChatServer):
    folder = server.base / "user" / "__adstudio"
    (folder / "lexicon").mkdir(exist_ok=True)
    words = folder / "lexicon" / "mine.yaml"
    words.write_text("cafe:\n  별빛구름라떼: {en: a glass of ~starlight latte}\n", encoding="utf-8")
    try:
        own = {"1": prompt_node(brief="별빛구름라떼 신메뉴"), "2": node("PreviewAny", source=["1", 2])}
        run = server.run(own)
        assert "a glass of starlight latte" in shown(run, "2")
        words.write_text("cafe:\n  별빛구름라떼: {en: a bowl of ~moonlight latte}\n", encoding="utf-8")
        assert "a bowl of moonlight latte" in shown(server.run(own), "2"), "an edit should count in the next run"
    finally:
        words.unlink()
    for path in ("/userdata/..%2F__adstudio%2Fsettings.yaml", "/api/userdata/__adstudio%2Fsettings.yaml"):
        with pytest.raises(Rejected) as refused:
            server.read(path)
        assert refused.value.status in (400, 403, 404)


class TestCopy:
    def copy_graph(self, **inputs: Any) -> dict[str, Any]:
        return {
            "1": prompt_node(),
            "2": node("AdStudioAdCopy", prompt=["1", 0], **inputs),
            "3": node("PreviewAny", source=["2", 1]),
            "4": node("PreviewAny", source=["2", 2]),
        }

    def test_copy_comes_as_json_and_as_a_post(self, server: ComfyServer):
        run = server.run(self.copy_graph(tone="polite"))
        assert run.status == "success", run.error
        copy = json.loads(shown(run, "3"))
        assert copy["provider"] == "rules" and copy["headline"] and copy["call_to_action"] and copy["caption"]
        assert "6,500원" in copy["headline"] + copy["sub"] + copy["caption"]
        assert all(tag.startswith("#") for tag in copy["hashtags"])
        assert copy["caption"] in shown(run, "4") and copy["hashtags"][0] in shown(run, "4")

    def test_tones_differ(self, server: ComfyServer):
        captions = {
            json.loads(shown(server.run(self.copy_graph(tone=tone)), "3"))["caption"]
            for tone in ("polite", "friendly", "emotional", "bold")
        }
        assert len(captions) == 4

    def test_a_language_model_writes_it(self, server: ComfyServer, chat: ChatServer):
        chat.answers(says(COPY_ANSWER))
        run = server.run(self.copy_graph(writer=["8", 0]) | {"8": writer_node("openai")})
        assert run.status == "success", run.error
        assert json.loads(shown(run, "3"))["headline"] == COPY_ANSWER["headline"]

    def test_an_unknown_channel_is_refused_by_name(self, server: ComfyServer):
        with pytest.raises(Exception, match="channel"):
            server.run(self.copy_graph(channel="no-such-place"))
