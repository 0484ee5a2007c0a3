"""A ComfyUI server over HTTP. What only reads is asked again when a line breaks; what changes something never is."""

from __future__ import annotations

import base64
import io
import json
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ...errors import InputError, MissingDependency, ServerError
from ...service import Key, is_nearby
from .uploads import FOLDER, Photo

TOKEN = "ADSTUDIO_SERVER_TOKEN"
READS = 4  # times that something is asked for before a broken line counts
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORT = 8188
_PAUSE_S = 0.3


class Unreachable(ServerError):
    """Nothing was sent: nobody listens there."""


class Unanswered(ServerError):
    """Something was sent, and the line broke before an answer came: what became of it is unknown."""


class Refused(ServerError):
    """The server answered with an error; ``body`` is what it said, where that was JSON."""

    def __init__(self, status: int, body: dict[str, Any], where: str) -> None:
        said = body.get("error") or body.get("text") or ""
        said = said.get("message", "") if isinstance(said, dict) else said
        super().__init__(
            "comfyui.refused",
            f"{where} answered {status}{f' ({str(said).strip():.200})' if said else ''}.",
            "See the server's own log, and whether a proxy before it asks for a token or limits sizes."
            if status != 401
            else f"Put its token into the environment variable {TOKEN}.",
        )
        self.args = (status, body, where)  # what pickle builds it from again, on its way from a worker
        self.status = status
        self.body = body


class Connection:
    """One server.

    Args:
        url: ``http://host:8188``; without a scheme it is http, without a port ComfyUI's own.
        connect_s: how long to wait until somebody answers the knock, ``answer_s`` for an answer.

    Raises:
        InputError: ``comfyui.bad_address``.
    """

    def __init__(self, url: str, *, connect_s: float = 5.0, answer_s: float = 60.0) -> None:
        _check_packages()
        import httpx2

        self.url, self._login = read_server(url)
        self.token = os.environ.get(TOKEN, "").strip()
        if self.token:
            _check_token(self.token, self.url)
        self._timeout = httpx2.Timeout(answer_s, connect=connect_s)
        self.is_nearby = is_nearby(urlsplit(self.url).hostname or "")
        # The environment's proxy is for public hosts: it would look for 127.0.0.1 on its own machine.
        past_it = {f"{scheme}://": None for scheme in ("http", "https", "all")} if self.is_nearby else None
        self._client = httpx2.Client(timeout=self._timeout, headers=self.headers(), mounts=past_it, trust_env=True)

    def headers(self) -> dict[str, str]:
        """What proves to the server who we are, on every line to it: the login of its address before the token."""
        if self._login is not None:
            return {"Authorization": f"Basic {base64.b64encode(':'.join(self._login).encode()).decode('ascii')}"}
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def socket_url(self, client_id: str) -> str:
        """Where progress is told to ``client_id``."""
        return f"ws{self.url.removeprefix('http')}/ws?clientId={client_id}"

    def get(self, path: str, *, tries: int = READS, **query: Any) -> Any:
        """GET JSON."""
        data = self.read(path, tries=tries, **query)
        try:
            return json.loads(data)
        except ValueError as error:
            raise ServerError(
                "comfyui.not_comfyui", f"{self.url} does not answer as ComfyUI does.", "Check the address and its port."
            ) from error

    def read(self, path: str, *, tries: int = READS, **query: Any) -> bytes:
        """GET bytes; a broken line or a server's hiccup (5xx) is tried again."""
        for left in reversed(range(tries)):
            try:
                return self._send("GET", path, params=query)
            except (Unreachable, Unanswered, Refused) as error:
                passing = not isinstance(error, Refused) or error.status >= 500
                if not left or not passing:
                    raise
                time.sleep(_PAUSE_S * 2 ** (tries - 1 - left))
        raise AssertionError("unreachable")

    def post(self, path: str, body: object) -> Any:
        """POST JSON, once.

        Raises:
            Unreachable: it was not sent.
            Unanswered: it may have been taken.
            Refused: it was not taken.
        """
        data = self._send("POST", path, json=body)
        return json.loads(data) if data.strip() else None

    def upload(self, photo: Photo, on_sent: Callable[[int, int], None] = lambda done, total: None) -> str:
        """Put a picture into the server's input folder; what ``LoadImage`` calls it comes back.

        The name is the picture's digest, and ComfyUI keeps a file that is there already: so this may be repeated.
        """
        for left in reversed(range(READS)):
            body = _Watched(photo.data, on_sent)
            try:
                answer = self._send(
                    "POST",
                    "/upload/image",
                    files={"image": (photo.name, body, "image/png")},
                    data={"subfolder": FOLDER, "type": "input"},
                )
                said = json.loads(answer)
                return f"{said['subfolder']}/{said['name']}" if said.get("subfolder") else str(said["name"])
            except (Unreachable, Unanswered):
                if not left:
                    raise
                time.sleep(_PAUSE_S)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _send(self, method: str, path: str, **what: Any) -> bytes:
        import httpx2

        try:
            answer = self._client.request(method, self.url + path, **what)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unreachable(
                "comfyui.unreachable",
                f"No ComfyUI answers at {self.url}.",
                "Start it there (adstudio serve), or check the address, the port and --listen.",
            ) from error
        except httpx2.TransportError as error:
            raise Unanswered(
                "comfyui.no_answer",
                f"The line to {self.url} broke before an answer came ({type(error).__name__}).",
                "Check the server's log; it may be overloaded or may have been restarted.",
            ) from error
        if answer.status_code >= 300:
            raise Refused(answer.status_code, _json_of(answer.content[:1_000_000]), self.url + path)
        return answer.content


class _Watched(io.BytesIO):
    """Bytes that tell how far they were read."""

    def __init__(self, data: bytes, on_read: Callable[[int, int], None]) -> None:
        super().__init__(data)
        self._total, self._on_read = len(data), on_read

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if piece:
            self._on_read(self.tell(), self._total)
        return piece


def read_server(url: str) -> tuple[str, tuple[str, str] | None]:
    """Read a server's address as users write it: ``(http://host:port/path, login)``.

    Raises:
        InputError: ``comfyui.bad_address``.
    """
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or not text.isprintable():
        raise InputError(  # the text is not repeated: it may hold a password
            "comfyui.bad_address",
            "The address of a ComfyUI server should look like http://127.0.0.1:8188; something else came.",
            "Write the host and the port, as ComfyUI prints them when it starts.",
        )
    shown = f"[{host}]" if ":" in host else host
    if port is None and "://" not in text:
        port = _DEFAULT_PORT
    place = shown if port is None else f"{shown}:{port}"
    login = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", "")), login


def _check_packages() -> None:
    for package in ("httpx2", "websockets"):
        if find_spec(package) is None:
            raise MissingDependency(package, "A ComfyUI server", '".[client]" in the folder of Ad Studio')


def _check_token(token: str, url: str) -> None:
    if problem := Key.problem(token):
        raise InputError("settings.bad_environment", f"{TOKEN} {problem}.", "Copy the token once more.")
    if not url.startswith("https://") and urlsplit(url).hostname not in _LOOPBACK:
        raise InputError(
            "comfyui.insecure_address",
            f"{TOKEN} is set, but {url} begins with http://, which anybody on the way can read.",
            f"Write https:// in the address, or take {TOKEN} out of the environment.",
        )


def _json_of(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        return {"text": data[:300].decode("utf-8", "replace")}
    return body if isinstance(body, dict) else {"text": str(body)[:300]}
