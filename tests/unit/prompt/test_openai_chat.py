"""The OpenAI-compatible provider against a server that misbehaves: the real SDK, real sockets, counted requests."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from chat_failures import FAILURES, http_date
from chat_server import MODEL, PROMPT_ANSWER, ChatServer, Received, Reply, chatting, fails, says

from adstudio.chat import ChatMessage, Completion, openai_chat, wire
from adstudio.chat.openai_chat import OpenAIChat
from adstudio.errors import ProviderError
from adstudio.service import Key, read_address
from adstudio.settings import Service

ROOT = Path(__file__).resolve().parents[3]
CANARY = "sk-canary-0123456789abcdefghij"
QUESTION = (ChatMessage("system", "Answer."), ChatMessage("user", '{"brief": "카페"}'))
SCHEMA = {"type": "object", "properties": {"subject": {"type": "string"}}, "required": ["subject"]}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chatting() as chat:
        yield chat


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server has told anything yet, and nobody waits long before asking again."""
    monkeypatch.setattr(openai_chat, "_dialects", {})
    monkeypatch.setattr(openai_chat, "BACKOFF_S", 0.02)


def service(server: ChatServer, timeout_s: float = 600.0, model: str = MODEL) -> Service:
    return Service(read_address(server.url), model, Key(CANARY), timeout_s)


def ask(server: ChatServer, timeout_s: float = 600.0, *, seed: int = 0, model: str = MODEL) -> Completion:
    chat = OpenAIChat(service(server, timeout_s, model))
    return asyncio.run(chat.complete(QUESTION, schema=SCHEMA, max_tokens=300, seed=seed))


def test_an_answer_and_what_was_asked_for_it(server: ChatServer) -> None:
    answer = ask(server, seed=7)
    assert "strawberry latte" in answer.text
    assert (answer.model, answer.input_tokens, answer.output_tokens) == (MODEL, 700, 200)
    assert answer.seconds > 0 and not answer.is_cut_short and not answer.notes
    (request,) = server.received
    assert request.path == "/v1/chat/completions"
    assert request.authorization == f"Bearer {CANARY}"
    assert request.body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert request.body["seed"] == 7
    assert request.body["max_tokens"] >= 300
    assert not {"temperature", "max_completion_tokens", "stream"} & set(request.body)


def test_seed_zero_is_not_sent(server: ChatServer) -> None:
    ask(server)
    assert "seed" not in server.received[0].body


def test_openai_itself_gets_its_own_word_for_the_limit_and_its_own_headers(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_chat, "OPENAI_HOST", server.host)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    ask(server)
    (request,) = server.received
    assert "max_tokens" not in request.body and request.body["max_completion_tokens"] >= 300
    assert request.headers["openai-organization"] == "org-1"


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_code_and_its_number_of_requests(server: ChatServer, name: str) -> None:
    code, reply, requests = FAILURES[name]
    server.answers(reply)
    with pytest.raises(ProviderError) as caught:
        ask(server)
    error = caught.value
    assert (error.code, server.count) == (code, requests), error.message
    assert error.hint
    assert len(error.message) < 700
    assert error.__cause__ is None and error.__context__ is None
    assert CANARY not in str(error)


def test_what_the_server_says_is_told_without_its_keys(server: ChatServer) -> None:
    server.answers(fails(401, "Bad key {key}, Bearer abcdef123456 or sk-proj-abcd****wxyz, see\x00 the page"))
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert "Bad key …, … or …, see the page" in caught.value.message


@pytest.mark.parametrize(
    "first",
    [
        fails(500, "once"),
        fails(503, "once"),
        fails(429, "slow", headers={"Retry-After": "0"}),
        fails(429, "slow"),
        Reply(drop_after=-1),
        says("x", drop_after=10),
    ],
)
def test_what_may_pass_is_asked_again(server: ChatServer, first: Reply) -> None:
    server.answers(first, says(PROMPT_ANSWER))
    assert "latte" in ask(server).text
    assert server.count == 2


@pytest.mark.parametrize("header", [lambda: "1", lambda: http_date(2)], ids=["seconds", "date"])
def test_retry_after_is_waited_for(server: ChatServer, header: Callable[[], str]) -> None:
    came: list[float] = []

    def slow(_: Received) -> Reply:
        came.append(time.monotonic())
        return fails(429, "slow", headers={"Retry-After": header()})

    def ready(_: Received) -> Reply:
        came.append(time.monotonic())
        return says(PROMPT_ANSWER)

    server.answers(slow, ready)
    ask(server)
    first, second = came
    assert second - first >= 0.9


def test_a_longer_wait_than_there_is_time_fails_at_once_and_says_so(server: ChatServer) -> None:
    server.answers(fails(429, "slow", headers={"Retry-After": "120"}))
    with pytest.raises(ProviderError, match=r"asks to wait 120 seconds, and \d+ s are left"):
        ask(server, 100.0)
    assert server.count == 1


def test_the_time_that_loading_the_sdk_takes_is_not_the_services(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, client = [0.0], openai_chat._client

    def load(asked: Service) -> object:
        passed[0] += 100
        return client(asked)

    monkeypatch.setattr(openai_chat, "_client", load)
    monkeypatch.setattr(openai_chat, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    server.answers(fails(429, "slow", headers={"Retry-After": "0"}), says(PROMPT_ANSWER))
    assert ask(server, 90.0).seconds == 0 and server.count == 2


NO_FORM = fails(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")


def test_a_server_without_schemas_is_asked_again_without_one_and_remembered(server: ChatServer) -> None:
    server.answers(NO_FORM, says(PROMPT_ANSWER))
    answer = ask(server)
    assert [("response_format" in request.body) for request in server.received] == [True, False]
    assert len(answer.notes) == 1
    again = ask(server)
    assert server.count == 3  # it was not tried once more
    assert again.notes == answer.notes
    ask(server, model="another")
    assert "response_format" in server.received[-1].body


def test_a_server_that_always_complains_of_the_schema_is_asked_twice(server: ChatServer) -> None:
    server.answers(NO_FORM)
    with pytest.raises(ProviderError) as caught:
        ask(server)
    assert (caught.value.code, server.count) == ("provider.bad_request", 2)


def test_a_refused_seed_is_dropped_and_the_limit_renamed(server: ChatServer) -> None:
    server.answers(
        fails(400, "Unrecognized request argument supplied: seed"),
        fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        fails(400, "This model's maximum context length is 2048 tokens"),
        says(PROMPT_ANSWER),
    )
    ask(server, seed=5)
    last = server.received[-1].body
    assert server.count == 4
    assert "seed" not in last and "max_tokens" not in last and last["max_completion_tokens"] == 300
    assert "response_format" in last


@pytest.mark.parametrize(
    "reply",
    [
        says("x", held=threading.Event()),
        says("x", drip_s=0.05),
        fails(500, "x"),
        fails(429, "x", headers={"Retry-After": "1"}),
    ],
)
def test_the_deadline_is_over_everything(server: ChatServer, reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_chat, "MAX_RETRIES", 10**6)
    ask(server)  # the SDK is loaded, which is not what is timed
    server.answers(reply)
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        ask(server, 2.0)
    took = time.monotonic() - began
    assert caught.value.code in ("provider.timeout", "provider.server_error", "provider.rate_limited")
    if reply.status == 200:
        assert caught.value.code == "provider.timeout"
        assert took > 1.9
        assert server.gone.wait(20) or not server.count, "the connection stayed open"


def test_nobody_there() -> None:
    with chatting() as gone:
        pass
    with pytest.raises(ProviderError) as caught:
        ask(gone)
    assert caught.value.code == "provider.unreachable"
    assert "Start the server" in caught.value.hint


def test_a_redirect_does_not_carry_the_key(server: ChatServer) -> None:
    with chatting() as thief:
        for status in (301, 302, 303, 307, 308):
            server.answers(Reply(status, headers={"Location": f"{thief.url}/chat/completions?k={CANARY}"}))
            with pytest.raises(ProviderError, match="redirect") as caught:
                ask(server)
            assert CANARY not in str(caught.value)
            assert (server.count, thief.count) == (1, 0)


def test_nothing_else_of_the_environment_is_sent(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-only")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-custom\nX-Secret: yes")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # must not be asked about this machine
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    ask(server)
    (request,) = server.received
    told = str(request.headers)
    assert not [word for word in ("only", "secret", "custom", "runtime") if word in told.lower()], told
    assert request.authorization == f"Bearer {CANARY}"


def test_odd_but_usable_answers(server: ChatServer) -> None:
    server.answers(says("text", model="another-model-2026"))
    assert ask(server).model == "another-model-2026"
    server.answers(says("half", ended="length"))
    assert ask(server).is_cut_short
    server.answers(says(None, ended="length"))
    assert ask(server).is_cut_short
    server.answers(Reply(body=b'{"choices": [{"message": {"content": [{"type": "text", "text": "parts"}]}}]}', kind=""))
    assert ask(server).text == "parts"
    server.answers(says("the key is {key}"))
    assert ask(server).text == "the key is …"


def test_many_at_once_from_several_loops(server: ChatServer) -> None:
    all_came = threading.Event()

    def once_all_came(_: Received) -> Reply:
        if server.count == 32:
            all_came.set()
        return says(PROMPT_ANSWER, held=all_came)

    server.answers(once_all_came)
    results: list[Completion] = []

    async def eight() -> None:
        chat = OpenAIChat(service(server))
        asked = (chat.complete(QUESTION, schema=SCHEMA, max_tokens=300) for _ in range(8))
        results.extend(await asyncio.gather(*asked))

    threads = [threading.Thread(target=lambda: asyncio.run(eight())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 32 == server.count
    names = [thread.name for thread in threading.enumerate()]
    assert names.count(wire.THREAD_NAME) == 1


def test_cancelling_who_waits_closes_the_connection(server: ChatServer) -> None:
    server.answers(says(PROMPT_ANSWER, held=threading.Event()))

    async def leave() -> None:
        task = asyncio.ensure_future(OpenAIChat(service(server)).complete(QUESTION, schema=SCHEMA, max_tokens=9))
        while not server.count:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert server.gone.wait(20)


class Interrupt(BaseException):
    """As ComfyUI's own, no Exception."""


def test_an_interrupt_comes_out_unchanged_and_ends_the_request(server: ChatServer) -> None:
    server.answers(says(PROMPT_ANSWER, held=threading.Event()))
    asked: list[float] = []

    def check() -> None:
        asked.append(time.monotonic())
        if server.count and len(asked) > 4:
            raise Interrupt

    chat = OpenAIChat(service(server), check_cancelled=check)
    with pytest.raises(Interrupt):
        asyncio.run(chat.complete(QUESTION, schema=SCHEMA, max_tokens=9))
    assert server.gone.wait(20)


def test_a_blocked_loop_does_not_hold_up_the_request(server: ChatServer) -> None:
    """A synchronous node of ComfyUI blocks the loop on which ours waits."""
    server.answers(says(PROMPT_ANSWER, delay_s=0.8))
    ask(server)

    async def both() -> None:
        request = asyncio.ensure_future(OpenAIChat(service(server)).complete(QUESTION, schema=SCHEMA, max_tokens=9))
        await asyncio.sleep(0)
        end = time.monotonic() + 60
        while server.count < 2 and time.monotonic() < end:
            time.sleep(0.05)
        assert server.count == 2 and not request.done()
        await request

    asyncio.run(both())


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_ends_a_waiting_command_at_once(server: ChatServer) -> None:
    server.answers(says(PROMPT_ANSWER, held=threading.Event()))
    # a shell that runs the tests in its background has its children ignore Ctrl-C
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from adstudio.prompt.processor import write; write('카페', provider='openai')"
    )
    environment = {**os.environ, "ADSTUDIO_BASE_URL": server.url}
    command = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=ROOT, stderr=subprocess.PIPE)
    while not server.count and command.poll() is None:
        time.sleep(0.05)
    assert server.count == 1
    command.send_signal(signal.SIGINT)
    _, told = command.communicate()
    assert command.returncode != 0 and b"KeyboardInterrupt" in told
    assert server.gone.wait(20)
