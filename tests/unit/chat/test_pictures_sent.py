"""Pictures to a language model: how they travel, and how a server says that it does not look at any."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator

import pytest
from chat_failures import FAILURES
from chat_server import MODEL, ChatServer, chatting, fails, says

from adstudio.chat import ChatMessage, ChatPicture, Completion, openai_chat
from adstudio.chat.openai_chat import OpenAIChat
from adstudio.errors import ProviderError
from adstudio.service import Key, read_address
from adstudio.settings import Service

JPEG = b"\xff\xd8\xff\xe0 stands for a picture \xff\xd9"
SHOWN = (ChatMessage("system", "Look."), ChatMessage("user", "{}", (ChatPicture(JPEG, "high"),)))
TOLD = (ChatMessage("system", "Read."), ChatMessage("user", "{}"))
SCHEMA = {"type": "object", "properties": {"box": {"type": "string"}}, "required": ["box"]}
BLIND = {
    "OpenAI": fails(400, "Invalid content type. image_url is only supported by certain models."),
    "OpenRouter": fails(404, "No endpoints found that support image input"),
    "DeepSeek": fails(
        400, "Failed to deserialize: messages[1]: unknown variant `image_url`, expected `text` at line 1"
    ),
    "llama.cpp": fails(500, "image input is not supported - hint: you may need to provide the mmproj"),
    "vLLM": fails(400, "At most 0 image(s) may be provided in one prompt."),
    "vLLM, older": fails(400, "tiny-model is not a multimodal model"),
    "LM Studio": fails(400, "Model does not support images. Please use a model that does."),
    "Ollama": fails(500, "this model is missing data required for image input"),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setattr(openai_chat, "_dialects", {})
    monkeypatch.setattr(openai_chat, "BACKOFF_S", 0.02)
    with chatting() as chat:
        chat.answers(says({"box": "1"}))
        yield chat


def ask(server: ChatServer, messages: tuple[ChatMessage, ...] = SHOWN) -> Completion:
    chat = OpenAIChat(Service(read_address(server.url), MODEL, Key.none(), 600.0))
    return asyncio.run(chat.complete(messages, schema=SCHEMA, max_tokens=99))


def test_a_picture_follows_the_text_as_a_data_url(server: ChatServer) -> None:
    ask(server)
    system, user = server.received[0].body["messages"]
    assert system == {"role": "system", "content": "Look."}
    url = f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"
    assert user["content"] == [
        {"type": "text", "text": "{}"},
        {"type": "image_url", "image_url": {"url": url, "detail": "high"}},
    ]


def test_a_server_that_knows_no_detail_is_asked_without_it_and_remembered(server: ChatServer) -> None:
    server.answers(fails(422, "messages.1.content.1.image_url.detail: extra fields not permitted"), says({"box": "1"}))
    ask(server)
    ask(server)
    parts = [request.body["messages"][1]["content"][1]["image_url"] for request in server.received]
    assert ["detail" in part for part in parts] == [True, False, False]


def test_what_is_conceded_for_text_says_nothing_of_pictures(server: ChatServer) -> None:
    ask(server, TOLD)
    ask(server)
    assert "detail" in server.received[-1].body["messages"][1]["content"][1]["image_url"]


@pytest.mark.parametrize("name", BLIND)
def test_a_model_without_eyes_is_named_after_one_request(server: ChatServer, name: str) -> None:
    server.answers(BLIND[name])
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert (caught.value.code, server.count) == ("provider.no_vision", 1)
    assert MODEL in caught.value.message and "vision_model" in caught.value.hint
    with pytest.raises(ProviderError) as caught:
        ask(server, TOLD)
    assert caught.value.code != "provider.no_vision"  # nothing was shown


@pytest.mark.parametrize("words", ["Invalid image data", "The image is larger than 20 MB", "image_url: bad base64"])
def test_a_refused_picture_is_no_blindness(server: ChatServer, words: str) -> None:
    server.answers(fails(400, words))
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert caught.value.code == "provider.bad_request"


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_has_its_code_with_a_picture_too(server: ChatServer, name: str) -> None:
    code, reply, requests = FAILURES[name]
    server.answers(reply)
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert (caught.value.code, server.count) == (code, requests)
