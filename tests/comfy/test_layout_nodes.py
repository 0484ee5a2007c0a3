"""The layout nodes in a real server, with a model that looks at the picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from canary import KEY, assert_no_key
from chat_server import ChatServer, Received, Reply, chatting, fails, says
from comfy_server import ComfyServer, Run

KOREAN = "가장 고요한 자리라서 골랐습니다."


@pytest.fixture
def chat(server: ComfyServer) -> Iterator[ChatServer]:
    """A model that looks, which the server's settings name, with a key."""
    settings = server.base / "user" / "__adstudio" / "settings.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    with chatting() as chat:
        chat.answers(answer)
        keys = f"{{'{chat.host}': {KEY}}}"
        settings.write_text(
            f"cache: false\nopenai:\n  base_url: {chat.url}\n  vision_model: tiny-model\n  keys: {keys}\n"
        )
        settings.chmod(0o600)
        yield chat
        settings.unlink()


def answer(request: Received) -> Reply:
    """The first place for everything that is asked about."""
    properties = request.body["response_format"]["json_schema"]["schema"]["properties"]
    values = {name: form.get("enum", ["auto"])[0] for name, form in properties.items()}
    return says(values | {"reasoning": KOREAN})


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def graph(headline: str, **more: Any) -> dict[str, Any]:
    layout = {"image": ["1", 0], "headline": headline, "sub": "", "copy_space": "auto", "provider": "openai"}
    return {
        "1": node("LoadImage", image="example.png"),
        "2": node("AdStudioTextLayoutAnalyzer", **(layout | more)),
        "3": node("PreviewAny", source=["2", 1]),
    }


def shown(run: Run, number: str) -> str:
    return "\n".join(run.entry["outputs"][number]["text"])


def test_a_model_looks_at_the_picture_and_the_node_shows_its_reasons(server: ComfyServer, chat: ChatServer):
    run = server.run(graph("봄의 라떼", as_proposed=True))
    assert run.status == "success", run.error
    for number in ("2", "3"):
        assert KOREAN in shown(run, number) and "openai" in shown(run, number)
    (received,) = chat.received
    assert received.authorization == f"Bearer {KEY}" and received.body["model"] == "tiny-model"
    assert received.picture.size == (640, 427)
    assert_no_key(server, run)


def test_local_is_what_a_saved_workflow_gets(server: ComfyServer, chat: ChatServer):
    old = graph("봄의 라떼 하나")
    del old["2"]["inputs"]["provider"]
    run = server.run(old)
    assert run.status == "success", run.error
    assert chat.count == 0 and "local" in shown(run, "2")


def test_a_failure_is_an_error_of_the_node_and_a_fallback_is_told(server: ComfyServer, chat: ChatServer):
    chat.answers(fails(401, "Incorrect API key provided: {key}"))
    run = server.run(graph("봄의 라떼 둘"))
    assert run.error is not None and run.error["node_id"] == "2"
    assert run.error["exception_type"] == "adstudio.ProviderError"
    writer = node("AdStudioLanguageModel", provider="openai", fallback=True, language_model="")
    run = server.run(graph("봄의 라떼 둘", writer=["4", 0]) | {"4": writer})
    assert run.status == "success", run.error
    assert "실패" in shown(run, "2") and "local" in shown(run, "2")
    chat.answers(answer)
    run = server.run(graph("봄의 라떼 둘", writer=["4", 0]) | {"4": writer})
    assert KOREAN in shown(run, "2")  # what failed is asked again
    assert_no_key(server, run)


def test_a_connected_model_is_the_one_that_looks(server: ComfyServer, chat: ChatServer):
    writer = node("AdStudioLanguageModel", provider="openai", fallback=False, language_model="sharp-eyes")
    run = server.run(graph("봄의 라떼 셋", writer=["4", 0]) | {"4": writer})
    assert run.status == "success", run.error
    assert chat.received[0].body["model"] == "sharp-eyes"


def test_products_are_placed_by_what_the_model_sees(server: ComfyServer, chat: ChatServer):
    run = server.run(
        {
            "1": node("LoadImage", image="example.png"),
            "5": node("AdStudioBackgroundRemoval", image=["1", 0], method="geodesic", invert_mask=False,
                      edge_trim_px=0.0, allow_download=False),
            "6": node(
                "AdStudioProductLayoutAnalyzer", backdrop=["1", 0], cutout=["5", 0], copy_space="auto", x=-1.0,
                base_y=-1.0, height=0.0, provider="openai", as_proposed=True,
            ),
            "7": node("PreviewAny", source=["6", 1]),
        }
    )  # fmt: skip
    assert run.status == "success", run.error
    assert KOREAN in shown(run, "7") and "rings" in chat.received[0].data


def test_a_waiting_request_ends_with_the_run(server: ComfyServer, chat: ChatServer):
    chat.answers(says("x", held=threading.Event()))
    prompt_id = server.queue(graph("봄의 라떼 넷"))
    deadline = time.monotonic() + 300
    while not chat.count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.post("/interrupt")
    assert "execution_interrupted" in server.wait(prompt_id).messages
    assert chat.gone.wait(120), "the request is still open"
