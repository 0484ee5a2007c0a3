"""Ask a language model behind an OpenAI-compatible address: OpenAI, vLLM, Ollama, LM Studio and their like."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import MissingDependency
from ..service import is_metadata
from ..settings import Service
from . import ChatMessage, Completion
from .chat_answer import MAX_BYTES, read_completion
from .failures import (
    Failure,
    bad_answer,
    blind,
    forbidden,
    is_blind,
    out_of_time,
    status_failure,
    too_long_to_wait,
    unreachable,
)
from .notes import NO_FORM
from .wire import hush_transport, on_wire

logger = logging.getLogger("adstudio.chat")

MAX_RETRIES = 2
BACKOFF_S = 0.5
CONNECT_S = 10.0
OPENAI_HOST = "api.openai.com"
THINKING_TOKENS = 4096  # what a model may think before it answers counts as answered
_MAX_PACKED = 1 << 16  # compressed answers nobody asked for; gzip makes at most a thousand times as much of it
_SENT = {
    *("host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding"),
    *("user-agent", "x-stainless-raw-response"),  # by the second the SDK itself knows that we want the answer unread
}
_OPENAIS_OWN = {"openai-organization", "openai-project"}


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What a server understands of a request; it is asked for everything first and conceded what it refuses."""

    limit: str
    schema: bool = True
    seed: bool = True
    detail: bool = True  # how closely to look at a picture
    room: int = THINKING_TOKENS
    swapped: bool = False

    def concede(self, failure: Failure) -> _Dialect | None:
        """Ask for less where a refusal says what it is about; None where there is nothing left to give."""
        said = failure.said
        if failure.status not in (400, 422):
            return None
        if self.room and re.search(r"(?i)context (?:length|window|size)|maximum context|too large", said):
            return replace(self, room=0)
        if self.schema and re.search(r"(?i)response_format|json_schema|structured output|grammar|guided", said):
            return replace(self, schema=False)
        if self.seed and re.search(r"(?i)\bseed\b", said):
            return replace(self, seed=False)
        if self.detail and re.search(r"(?i)\bdetail\b", said):
            return replace(self, detail=False)
        if not self.swapped and self.limit in said:
            other = "max_tokens" if self.limit == "max_completion_tokens" else "max_completion_tokens"
            return replace(self, limit=other, swapped=True)
        return None


_dialects: dict[tuple[str, str, bool], _Dialect] = {}  # only the thread for requests touches it
_MOST_DIALECTS = 256


class _TooLong(Exception):
    """An answer longer than any answer is."""


class _Forbidden(Exception):
    """A name that leads to where nothing is asked."""


class OpenAIChat:
    """A language model behind an address; implements ``ports.ChatModel``.

    Args:
        check_cancelled: raises when the user has cancelled; asked about ten times a second while it waits.
    """

    name = "openai"

    def __init__(self, service: Service, *, check_cancelled: Callable[[], None] | None = None) -> None:
        self.model = service.model
        self.host = service.address.host
        self._service = service
        self._check_cancelled = check_cancelled

    async def complete(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], max_tokens: int, seed: int = 0
    ) -> Completion:
        """Answer with JSON of ``schema``; within the settings' seconds, waits and retries included.

        Raises:
            ProviderError: codes in ``docs/providers.md``.
            MissingDependency: the package ``openai`` is not installed.
        """
        work = self._within_time([*messages], dict(schema), max_tokens, seed)
        return await on_wire(work, self._check_cancelled)

    async def _within_time(
        self, messages: list[ChatMessage], schema: dict[str, Any], max_tokens: int, seed: int
    ) -> Completion:
        client = _client(self._service)  # the first loads the SDK, which takes seconds that are not the service's
        began = time.monotonic()
        try:
            work = self._ask(client, messages, schema, max_tokens, seed, until=began + self._service.timeout_s)
            answer = await asyncio.wait_for(work, self._service.timeout_s)
        except TimeoutError:
            answer = None
        if answer is None:
            raise out_of_time(self._service)
        if isinstance(answer, Failure):
            raise answer.error
        return replace(answer, seconds=time.monotonic() - began)

    async def _ask(
        self,
        client: Any,
        messages: list[ChatMessage],
        schema: dict[str, Any],
        max_tokens: int,
        seed: int,
        *,
        until: float,
    ) -> Completion | Failure:
        is_shown = any(message.pictures for message in messages)
        place, retries = (self.host, self.model, is_shown), 0
        limit = "max_completion_tokens" if self.host == OPENAI_HOST else "max_tokens"
        dialect = _dialects.get(place) or _Dialect(limit, detail=is_shown)
        async with client:
            while True:
                answer = await self._request(client, _wording(dialect, self.model, messages, schema, max_tokens, seed))
                came = "an answer" if isinstance(answer, Completion) else answer.error.code
                logger.debug("%s, model %s: %s", self.host, self.model, came)
                if isinstance(answer, Completion):
                    _remember(place, dialect)
                    return answer if dialect.schema else replace(answer, notes=(*answer.notes, NO_FORM))
                if is_shown and is_blind(answer):
                    return blind(self._service, answer)
                if less := dialect.concede(answer):
                    dialect = less
                    continue
                if not answer.may_pass or retries == MAX_RETRIES:
                    return answer
                wait_s, left_s = _wait_s(answer, retries), until - time.monotonic()
                if wait_s >= left_s:
                    if answer.retry_after_s is None:
                        return answer
                    return replace(answer, error=too_long_to_wait(answer, left_s))
                retries += 1
                await asyncio.sleep(wait_s)

    async def _request(self, client: Any, wording: dict[str, Any]) -> Completion | Failure:
        """Send one request. What the SDK raises holds the request and its key, so nothing of it gets out of here."""
        import openai

        try:
            answer = await client.chat.completions.with_raw_response.create(**wording)
            body, kind = answer.http_response.text, answer.headers.get("content-type", "")
        except openai.APIStatusError as error:
            return status_failure(self._service, error.status_code, error.body, error.response.headers)
        except (openai.APIConnectionError, _TooLong, _Forbidden) as error:
            cause = error if isinstance(error, (_TooLong, _Forbidden)) else error.__cause__
            if isinstance(cause, _Forbidden):
                return forbidden(self._service)
            if isinstance(cause, _TooLong):
                return bad_answer(self._service, "one longer than a megabyte came")
            return unreachable(self._service, str(cause or error) or type(cause).__name__)
        except Exception as error:  # an answer that even the SDK's own code stumbles over
            return bad_answer(self._service, f"one came that cannot be read ({type(error).__name__})")
        if len(body) > MAX_BYTES:  # it came compressed
            return bad_answer(self._service, "one longer than a megabyte came")
        return read_completion(self._service, body, kind)


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without lengths, which strict servers refuse; our own checks keep them."""
    fields = {
        name: {key: value for key, value in form.items() if key not in ("maxLength", "maxItems")}
        for name, form in schema["properties"].items()
    }
    return {**schema, "properties": fields}


def _wording(
    dialect: _Dialect, model: str, messages: list[ChatMessage], schema: dict[str, Any], max_tokens: int, seed: int
) -> dict[str, Any]:
    """Word a request. No temperature: models that think refuse it, and the others have a sound one of their own."""
    wording: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": _content(message, dialect)} for message in messages],
        dialect.limit: max_tokens + dialect.room,
    }
    if dialect.schema:
        form = {"name": "answer", "schema": _strict(schema), "strict": True}
        wording["response_format"] = {"type": "json_schema", "json_schema": form}
    if seed and dialect.seed:
        wording["seed"] = seed
    return wording


def _content(message: ChatMessage, dialect: _Dialect) -> str | list[dict[str, Any]]:
    """The text alone, or parts where there is something to look at: servers without eyes know only text."""
    if not message.pictures:
        return message.content
    shown = []
    for picture in message.pictures:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture.data).decode('ascii')}"
        shown.append({"url": url, "detail": picture.detail} if dialect.detail else {"url": url})
    parts = [{"type": "image_url", "image_url": each} for each in shown]
    return [{"type": "text", "text": message.content}, *parts]


def _wait_s(failure: Failure, retries: int) -> float:
    if failure.retry_after_s is not None:
        return failure.retry_after_s
    return BACKOFF_S * 2**retries * random.uniform(0.75, 1.0)


def _remember(place: tuple[str, str, bool], dialect: _Dialect) -> None:
    while len(_dialects) >= _MOST_DIALECTS:
        _dialects.pop(next(iter(_dialects)))
    _dialects[place] = dialect


def _client(service: Service) -> Any:
    """Build a client for one conversation, so that cancelling it closes its connection.

    The environment's proxy is used for public hosts only. No redirect is followed, and of all headers that the SDK
    gathers from the environment only the known ones leave. Nothing is sent over a connection that leads to a cloud's
    metadata service, whatever the name looked like.
    """
    try:
        import openai
    except ImportError:
        raise MissingDependency("openai", "Asking a language model over the network", "openai") from None

    sent = _SENT | (_OPENAIS_OWN if service.address.host == OPENAI_HOST else set())

    async def narrow(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in sent]:
            del request.headers[name]
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Authorization"] = f"Bearer {service.key.reveal()}"
        request.extensions["trace"] = _watch

    async def bound(response: Any) -> None:
        packed = response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
        response.stream = _bounded(response.stream, _MAX_PACKED if packed else MAX_BYTES)

    client = openai.AsyncOpenAI(
        api_key=service.key.reveal(),
        base_url=service.address.url,
        max_retries=0,
        timeout=openai.Timeout(None, connect=min(CONNECT_S, service.timeout_s / 2)),  # the deadline is over the whole
        http_client=openai.DefaultAsyncHttpxClient(
            follow_redirects=False,
            trust_env=not service.address.is_local,
            event_hooks={"request": [narrow], "response": [bound]},
        ),
    )
    hush_transport()  # only now are all its loggers there: the transport is imported with the first client
    return client


async def _watch(event: str, info: Mapping[str, Any]) -> None:
    """Look where a new connection has led before anything is sent over it: DNS may have told another address."""
    if not event.endswith("connect_tcp.complete"):
        return
    stream = info["return_value"]
    reached = stream.get_extra_info("server_addr")
    if not reached or is_metadata(str(reached[0])):
        await stream.aclose()
        raise _Forbidden


def _bounded(stream: Any, limit: int) -> Any:
    """Wrap the body of a response so that it ends with an error after ``limit`` bytes.

    The base class is looked up because the SDK has moved from httpx to httpx2.
    """
    base = next(kind for kind in type(stream).__mro__ if kind.__name__ == "AsyncByteStream")

    class Bounded(base):
        async def __aiter__(self) -> Any:
            left = limit
            async for chunk in stream:
                left -= len(chunk)
                if left < 0:
                    raise _TooLong
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
