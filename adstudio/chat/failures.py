"""What a language model's server says when it fails, as one error with a stable code. No key gets into its words."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from ..counts import counted
from ..errors import ProviderError
from ..service import Key
from ..settings import Service

_MAX_CHARS = 300
_MAX_READ = 20_000
_KEY_LIKE = re.compile(
    r"(?i)\bbearer\s+[^\s\"',;]*[\d._-][^\s\"',;]*|\b(?:sk|pk|gsk|xai|rk)[-_][^\s\"',;]{4,}|\bAIza[\w-]{10,}|\beyJ[\w-]{8,}\.[\w.-]+"
)
_QUOTA = re.compile(
    r"(?i)insufficient[_ ]quota|exceeded your current quota|credit balance|insufficient balance|out of credits"
)
_QUOTA_KIND = re.compile(
    r"(?i)insufficient_(?:quota|balance|funds|credits?)|quota_exceeded|billing_(?:not_active|hard_limit)"
)
_RATE_KIND = re.compile(r"(?i)rate_?limit")
_NO_MODEL = re.compile(
    r"(?i)model_not_found|(?:unknown|invalid|no such) model"
    r"|model\b.{0,120}(?:not found|does not exist|not exist|unknown|not loaded|no such)"
)
_NO_EYES = re.compile(
    r"(?is)\b(?:images?|image_url|vision|multi-?modal)\b.{0,60}\b(?:not supported|unsupported|expected .?text)"
    r"|\b(?:not|n't|no|cannot|without|missing)\b.{0,50}\b(?:images?|image_url|vision|multi-?modal|mmproj)\b"
    r"|only supported by certain models|at most 0 image"
)
_RETRIED = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request.

    Args:
        may_pass: asking again soon may help.
        retry_after_s: how long the server asks to wait.
        said: the server's words, to find out what it refuses.
    """

    error: ProviderError
    may_pass: bool = False
    retry_after_s: float | None = None
    status: int = 0
    said: str = ""


def redact(text: str, service: Service) -> str:
    """Take out of a server's words whatever looks like a key; some repeat the one they were sent."""
    secret = service.key.reveal()
    if len(secret) > len(Key.none().reveal()):
        text = text.replace(secret, "…")
    return _KEY_LIKE.sub("…", text)


def describe(text: str, service: Service) -> str:
    """Bound and redact a server's words for a message."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in redact(text, service)).split())
    return plain if len(plain) <= _MAX_CHARS else plain[: _MAX_CHARS - 1] + "…"


def quotable(text: str, service: Service) -> str:
    """``describe`` what is no JSON; of a server nearby nothing is told: it may hold a private page."""
    return "" if service.address.is_local else describe(text, service)


def server_words(body: object) -> str:
    """Find the sentence in an error's body, whichever of the usual forms it has; else the body itself."""
    if isinstance(body, Mapping):
        inner: Any = body.get("error", body)
        if isinstance(inner, Mapping):
            kinds = [str(inner[name]) for name in ("code", "type") if isinstance(inner.get(name), str)]
            kinds += [str(inner["param"])] if isinstance(inner.get("param"), str) else []
            words = next((str(inner[n]) for n in ("message", "detail", "msg", "error") if inner.get(n)), "")
            return f"{words} ({', '.join(dict.fromkeys(kinds))})" if kinds else words or str(dict(inner))
        return str(inner)
    return "" if body is None else str(body)


def _is_quota(body: object, raw: str) -> bool:
    """Tell an empty account from too many requests. OpenAI's words on either end with the page on billing."""
    inner: Any = body.get("error", body) if isinstance(body, Mapping) else None
    kinds = " ".join(str(inner.get(name) or "") for name in ("code", "type")) if isinstance(inner, Mapping) else ""
    if _QUOTA_KIND.search(kinds) or _RATE_KIND.search(kinds):
        return bool(_QUOTA_KIND.search(kinds))
    return bool(_QUOTA.search(raw))


def status_failure(service: Service, status: int, body: object, headers: Mapping[str, str]) -> Failure:
    """Word an HTTP status that is no success."""
    raw = redact(server_words(body)[:_MAX_READ], service)
    said, host = (
        quotable(raw, service) if not isinstance(body, Mapping) else describe(raw, service),
        service.address.host,
    )
    quoted = f" It says: {said}" if said else ""
    wait_s = retry_after_s(headers)

    def _failure(code: str, message: str, hint: str, *, may_pass: bool = False, **figures: str | float) -> Failure:
        return Failure(ProviderError(code, message + quoted, hint, **figures), may_pass, wait_s, status, raw)

    if 300 <= status < 400:
        target = describe(headers.get("location", ""), service)
        return Failure(
            ProviderError(
                "provider.not_an_api",
                f"{service.address.url} redirects to '{target:.120}'; no redirect is followed.",
                "Write the address of the API itself; it usually ends with /v1.",
                url=service.address.url,
            ),
            status=status,
        )
    if status == 402 or (status in (403, 429) and _is_quota(body, raw)):
        return _failure(
            "provider.quota",
            f"The account at {host} has no credit left for this (HTTP {status}).",
            "Look into the account's billing, or choose another provider.",
            host=host,
        )
    if status in (401, 403):
        return _failure(
            "provider.auth",
            f"{host} does not accept the key for this (HTTP {status}).",
            "Check the key set for this host, and that its account may use the model.",
            host=host,
        )
    if status == 429:
        return _failure(
            "provider.rate_limited",
            f"{host} takes no more requests for now (HTTP 429).",
            "Wait a little and run it again.",
            may_pass=True,
            host=host,
        )
    if status in (400, 404, 422) and _NO_MODEL.search(raw) and not _looks_like_html(raw):
        return _failure(
            "provider.unknown_model",
            f"{host} does not know the model '{service.model:.80}' (HTTP {status}).",
            "Write the name of a model that it offers.",
            host=host,
            model=f"{service.model:.80}",
        )
    if status in (404, 405) or _looks_like_html(raw):
        return replace(not_an_api(service, f"HTTP {status}"), status=status, said=raw)
    if status == 408:
        return _failure(
            "provider.timeout", f"{host} gave up waiting (HTTP 408).", "Run it again.", may_pass=True, host=host
        )
    if status >= 500:
        return _failure(
            "provider.server_error",
            f"The server at {host} failed (HTTP {status}).",
            "Run it again later, or choose another provider.",
            may_pass=status in _RETRIED,
            host=host,
            status=status,
        )
    return _failure(
        "provider.bad_request",
        f"{host} refuses the request (HTTP {status}).",
        "Try another model; some understand only a part of what is asked.",
        host=host,
        status=status,
    )


def not_an_api(service: Service, came: str) -> Failure:
    """Word an answer that no chat API gives: a web page, a path that is not there."""
    return Failure(
        ProviderError(
            "provider.not_an_api",
            f"A chat completion was expected from {service.address.url}; something else came ({came}).",
            "Check the address; it usually ends with /v1, and OpenAI's is https://api.openai.com/v1.",
            url=service.address.url,
        )
    )


def bad_answer(service: Service, came: str) -> Failure:
    """Word an answer in which something is missing."""
    return Failure(
        ProviderError(
            "provider.bad_answer",
            f"A chat completion was expected from {service.address.host}; {came}.",
            "Run it again, or try another model.",
            model=f"{service.model:.80}",
        )
    )


def refused(service: Service, words: str) -> Failure:
    """Word a model that will not answer."""
    return Failure(
        ProviderError(
            "provider.refused",
            f"The model '{service.model:.80}' would not answer: {describe(words, service)}.",
            "Word the brief differently, or choose another model.",
            model=f"{service.model:.80}",
        )
    )


def is_blind(failure: Failure) -> bool:
    """Tell whether a server refuses a picture because its model sees none."""
    said = failure.said
    return (
        failure.status in (400, 404, 415, 422, 500, 501) and not _looks_like_html(said) and bool(_NO_EYES.search(said))
    )


def blind(service: Service, failure: Failure) -> Failure:
    """Word a model that cannot look at pictures."""
    said = describe(failure.said, service)
    return Failure(
        ProviderError(
            "provider.no_vision",
            f"The model '{service.model:.80}' at {service.address.host} does not look at pictures. It says: {said}",
            "Name a model that does: openai: vision_model: in settings.yaml, or ADSTUDIO_VISION_MODEL.",
            model=f"{service.model:.80}",
        ),
        status=failure.status,
    )


def unreachable(service: Service, why: str) -> Failure:
    """Word a connection that failed or broke off."""
    said = describe(why, service)
    local = service.address.is_local
    return Failure(
        ProviderError(
            "provider.unreachable",
            f"No answer from {service.address.host}" + (f": {said}" if said else "") + ".",
            "Start the server there, or correct the address." if local else "Check the network and the address.",
            host=service.address.host,
        ),
        may_pass=True,
    )


def forbidden(service: Service) -> Failure:
    """Word a name that leads to the machine's own network; nothing was sent."""
    return Failure(
        ProviderError(
            "provider.inner_address",
            f"{service.address.host} leads to an address of the machine's own network; nothing was sent.",
            "Correct the address of the language model.",
            host=service.address.host,
        )
    )


def out_of_time(service: Service) -> ProviderError:
    """Word a deadline that passed."""
    return ProviderError(
        "provider.timeout",
        f"An answer from {service.address.host} was expected within "
        f"{counted(f'{service.timeout_s:g}', 'second')}; none came.",
        "Run it again, or raise openai: timeout_s: in settings.yaml.",
        host=service.address.host,
    )


def too_long_to_wait(failure: Failure, left_s: float) -> ProviderError:
    """Word a server that asks to wait longer than there is time."""
    error = failure.error
    wait = counted(f"{failure.retry_after_s:,.0f}", "second")
    message = f"{error.message} It asks to wait {wait}, and {left_s:.0f} s are left."
    return ProviderError(error.code, message, error.hint, **error.figures)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After``, which is seconds or a date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    now = datetime.datetime.now(datetime.UTC)
    return max(0.0, (until.replace(tzinfo=until.tzinfo or datetime.UTC) - now).total_seconds())


def _looks_like_html(text: str) -> bool:
    return text.lstrip()[:20].lower().startswith(("<!doctype", "<html", "<head", "<body"))
