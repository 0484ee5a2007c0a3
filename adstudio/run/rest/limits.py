"""What the REST routes allow, from ``rest:`` in settings.yaml; and how often one caller may call."""

from __future__ import annotations

import hmac
import ipaddress
import math
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import InputError
from ...service import Key, is_metadata
from ...settings import read_settings

TOKEN = "ADSTUDIO_REST_TOKEN"


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits.

    Args:
        token: what callers must send as ``Authorization: Bearer``; None lets everybody in whom ComfyUI lets in.
        max_bytes: of a request's body.
        per_minute: ads that one address may ask for.
        queue: jobs that may wait on this server.
        deadline_s: how long an answer is waited for before a job number is handed out instead.
        webhooks: hosts (``host`` or ``host:port``) that may be told of finished jobs.
        webhooks_private: whether they may lie in a private network.
    """

    token: Key | None = None
    max_bytes: int = 50_000_000
    per_minute: float = 120.0
    queue: int = 50
    deadline_s: float = 300.0
    webhooks: tuple[str, ...] = ()
    webhooks_private: bool = False

    @classmethod
    def read(cls) -> Limits:
        """Read the settings anew.

        Raises:
            InputError: ``settings.<reason>``.
        """
        told, given = read_settings().rest, Limits()
        for name in ("max_mb", "per_minute", "queue", "deadline_s"):
            value = told.get(name, 1)
            if not 0 <= value < math.inf or (value == 0 and name != "queue"):  # no queue at all closes the routes
                raise InputError(
                    "settings.bad_file",
                    f"'rest.{name}' in settings.yaml must be a number above 0; {value} came.",
                    "Correct the file; docs/calling.md shows one.",
                )
        token = os.environ.get(TOKEN, "").strip() or str(told.get("token", "")).strip()
        if token and (problem := Key.problem(token)):
            raise InputError("settings.bad_environment", f"The REST token {problem}.", "Choose another one.")
        return cls(
            token=Key(token) if token else None,
            max_bytes=int(told.get("max_mb", given.max_bytes / 1e6) * 1e6),
            per_minute=told.get("per_minute", given.per_minute),
            queue=int(told.get("queue", given.queue)),
            deadline_s=told.get("deadline_s", given.deadline_s),
            webhooks=tuple(str(host).strip().lower() for host in told.get("webhooks", [])),
            webhooks_private=told.get("webhooks_private", False),
        )

    def check_token(self, header: str) -> None:
        """Refuse who does not bring the token.

        Raises:
            InputError: ``rest.no_token``.
        """
        kind, _, came = header.partition(" ")
        came = came.strip() if kind.lower() == "bearer" else ""
        if self.token is None or hmac.compare_digest(came.encode(), self.token.reveal().encode()):
            return
        raise InputError(
            "rest.no_token", "This server answers only with its token.", "Send the header 'Authorization: Bearer …'."
        )

    def check_webhook(self, url: str) -> str:
        """Let a webhook pass that the operator has allowed.

        Raises:
            InputError: ``rest.bad_webhook``, ``rest.webhook_not_allowed``.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        plain = url.isascii() and url.isprintable() and not any(char in url for char in " \\")
        if parts.scheme not in ("http", "https") or not host or not plain or parts.username is not None:
            raise InputError(
                "rest.bad_webhook", "A webhook must be a plain http or https address.", "Write https://host/path."
            )
        if not {host, f"{host}:{port}"} & set(self.webhooks):
            raise InputError(
                "rest.webhook_not_allowed",
                f"The host {host:.100} may not be told of finished jobs here.",
                "Have whoever runs this server allow it in settings.yaml: rest: {webhooks: [...]}.",
            )
        return url

    def check_address(self, host: str, port: int) -> str:
        """Find where a webhook's host is, and refuse a private place unless the operator allows it.

        Returns:
            The address to call, so that it is not looked up a second time and found elsewhere.

        Raises:
            InputError: ``rest.webhook_private``.
            OSError: the host is unknown.
        """
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for address in found:
            number = ipaddress.ip_address(address.partition("%")[0])
            inner = getattr(number, "ipv4_mapped", None) or number
            if is_metadata(address) or not (inner.is_global or self.webhooks_private) or inner.is_multicast:
                raise InputError(
                    "rest.webhook_private",
                    f"The host {host:.100} lies in a private network.",
                    "Allow that with rest: {webhooks_private: yes}.",
                )
        return found[0]


class Meter:
    """Counts the calls of each address: a bucket that refills as time passes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, per_minute: float) -> float:
        """Count a call; 0 when it may pass, else the seconds after which the next one may."""
        now = self._clock()
        most = max(1.0, per_minute)  # fewer than one a minute still come one by one
        left, at = self._buckets.get(caller, (most, now))
        left = min(most, left + (now - at) * per_minute / 60)
        passes = left >= 1
        self._buckets[caller] = (left - 1 if passes else left, now)
        if len(self._buckets) > 10_000:  # addresses that are full again say nothing
            self._buckets = {name: (n, at) for name, (n, at) in self._buckets.items() if now - at < 60}
        return 0.0 if passes else (1 - left) * 60 / per_minute
