"""Where a request may lead: names that DNS sends to a metadata service, private pages, proxies that learn nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chat_server import MODEL, PROMPT_ANSWER, ChatServer, Reply, chatting, says

from adstudio import service as services
from adstudio.chat import ChatMessage, openai_chat
from adstudio.chat.failures import status_failure
from adstudio.chat.openai_chat import OpenAIChat
from adstudio.errors import ProviderError
from adstudio.service import Key, read_address
from adstudio.settings import Service

SECRET = "AccessKeyId-of-this-machine"
QUESTION = (ChatMessage("user", '{"brief": "카페"}'),)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setattr(openai_chat, "BACKOFF_S", 0.02)
    with chatting() as chat:
        yield chat


def ask(server: ChatServer) -> Any:
    chat = OpenAIChat(Service(read_address(server.url), MODEL, Key.none(), 600.0))
    return asyncio.run(chat.complete((ChatMessage("user", "x"),), schema={"properties": {}}, max_tokens=9))


def test_nothing_is_sent_where_a_name_leads_to_a_metadata_service(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(says(PROMPT_ANSWER))
    monkeypatch.setattr(openai_chat, "is_metadata", lambda address: address == "127.0.0.1")
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert caught.value.code == "provider.inner_address" and "nothing was sent" in caught.value.message
    assert server.count == 0


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
def test_a_page_nearby_that_is_no_json_is_not_quoted(server: ChatServer, status: int) -> None:
    server.answers(Reply(status, SECRET.encode(), "text/plain"))
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert SECRET not in str(caught.value)


def test_a_public_server_is_quoted() -> None:
    far = Service(read_address("https://llm.example.com/v1"), MODEL, Key.none(), 600.0)
    assert "upstream" in status_failure(far, 503, "upstream", {}).error.message


def test_addresses_that_wrap_another_are_seen_through() -> None:
    assert services.is_metadata("::ffff:169.254.169.254") and services.is_metadata("fe80::1%eth0")
    assert not services.is_metadata("127.0.0.1") and not services.is_metadata("box.local")


def test_a_proxy_sees_neither_key_nor_question(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse() -> None:
            for _ in range(3):
                line, _ = proxy.accept()
                with line:
                    heads.append(line.recv(65536))
                    line.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        far = Service(read_address("https://llm.example.com/v1"), MODEL, Key(SECRET), 600.0)
        with pytest.raises(ProviderError) as caught:
            asyncio.run(OpenAIChat(far).complete(QUESTION, schema={"properties": {}}, max_tokens=9))
    assert caught.value.code == "provider.unreachable"
    assert len(heads) == 3 and heads[0].startswith(b"CONNECT llm.example.com:443")
    assert not [head for head in heads if SECRET.encode() in head or b"brief" in head]
