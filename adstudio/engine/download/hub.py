"""What a model hub tells about a repository, and its refusals in one sentence.

``HF_ENDPOINT`` names the hub, ``HF_TOKEN`` is the only place a token is taken from: it goes into the request's header
and nowhere else, and the client drops it when the hub redirects to another host.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import AdStudioError, InputError, ModelError, ProviderError

_RETRYABLE = {408, 425, 429, 500, 502, 503, 504}
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)  # between attempts that bring nothing
_LOOK_UPS = 3  # before anything has come, a hub that is not there is told soon
_LONGEST_PAUSE_S = 60.0
_HTTP_LOGGERS = [
    *(f"httpx{version}" for version in ("", "2")),
    *(f"httpcore{version}.{part}" for version in ("", "2") for part in ("connection", "http11", "http2", "proxy")),
]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. Large files are known by their SHA-256, small ones by their git object id."""

    name: str
    size: int
    sha256: str | None
    git_oid: str | None

    @property
    def key(self) -> str:
        """Tells versions of the file apart."""
        return (self.sha256 or self.git_oid or f"size{self.size}")[:16]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at one commit."""

    repo: str
    revision: str
    commit: str
    files: dict[str, RemoteFile]


def repo_name(text: str) -> str:
    """Read a hub id as people write it: ``org/name``, or the address of its page.

    Raises:
        InputError: ``hub.bad_id``
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    name = text.strip().removesuffix("/")
    for start in (f"{_endpoint()}/", "https://huggingface.co/", "https://hf.co/", "hf://"):
        name = name.removeprefix(start)
    try:
        validate_repo_id(name)
    except HFValidationError:
        name = ""
    if not name:
        raise InputError(
            "hub.bad_id",
            f"'{text[:120]}' is not the id of a model on the hub.",
            "Write it as organisation/model, such as Tongyi-MAI/Z-Image-Turbo.",
            name=text[:120],
        )
    return name


def folder_for(models: Path, repo_id: str) -> Path:
    """Where a download goes inside a folder of models: ``org/name`` becomes ``<models>/org/name``.

    Raises:
        InputError: ``hub.bad_id``
    """
    return models.joinpath(*repo_name(repo_id).split("/"))


def cache_folder() -> Path:
    """Where the hub's own tools, and diffusers with them, keep what they have loaded."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def cached_file(repo: str, file: RemoteFile) -> Path | None:
    """A file as the hub's own tools have kept it, under the digest that the hub promises; None where it is not."""
    digest = file.sha256 or file.git_oid
    if digest is None:
        return None
    path = cache_folder() / f"models--{repo.replace('/', '--')}" / "blobs" / digest
    return path if path.is_file() else None


def look_up(repo: str, revision: str, wait: Callable[[float], None]) -> Repository:
    """Ask the hub what a repository holds at a revision.

    Args:
        wait: passes the seconds until a busy hub is asked again.
    """
    with explained(repo, revision):
        info = _ask_patiently(repo, revision, wait)
    files = [
        RemoteFile(
            name=file.rfilename,
            size=int(file.lfs.size if file.lfs else file.size or 0),
            sha256=file.lfs.sha256 if file.lfs else None,
            git_oid=None if file.lfs else file.blob_id,
        )
        for file in info.siblings or []
    ]
    return Repository(repo, revision, str(info.sha), {file.name: file for file in files})


@contextmanager
def opened(repository: Repository, name: str, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Open a file of a repository from byte ``start`` on.

    ``hf_hub_download`` removes what it has when it is broken off, and ``http_get`` holds ten megabytes back before it
    writes: neither resumes over a bad line. So the bytes come through the hub's own client; only the asking is here.

    Yields:
        the byte that the answer really starts with, -1 where it does not say so, and its chunks.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(repository.repo, name, revision=repository.commit, endpoint=_endpoint())
    headers = build_hf_headers(token=_token() or False, library_name="adstudio")
    headers["Accept-Encoding"] = "identity"  # a range of a packed answer means something else
    if start:
        headers["Range"] = f"bytes={start}-"
    with get_session().stream("GET", url, headers=headers, timeout=_timeout(), follow_redirects=True) as response:
        hf_raise_for_status(response)
        yield _first_byte(response), response.iter_bytes()


def pause_after(error: Exception, attempt: int) -> float | None:
    """The seconds to wait before the next attempt; None where trying again does not help, or was tried enough.

    Args:
        attempt: how many attempts in a row have brought nothing, from 0.
    """
    status = status_of(error)
    is_passing = status in _RETRYABLE if status else _is_http(error) and not _is_offline(error)
    if not is_passing or attempt >= len(_PAUSES_S):
        return None
    asked = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    return min(max(_PAUSES_S[attempt], float(asked) if str(asked).isdigit() else 0.0), _LONGEST_PAUSE_S)


def status_of(error: Exception) -> int:
    """The HTTP status of an error, 0 for a line that broke."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


@contextmanager
def unlogged(thread_prefix: str) -> Iterator[None]:
    """Keep the HTTP library from logging the addresses that threads of this name ask for.

    ComfyUI logs all that is said at level INFO, and the addresses of the store behind the hub are signed: whoever has
    one may read the file.
    """

    def is_theirs(record: logging.LogRecord) -> bool:
        return not (record.threadName or "").startswith(thread_prefix)

    loggers = [logging.getLogger(name) for name in _HTTP_LOGGERS]
    for logger in loggers:
        logger.addFilter(is_theirs)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_theirs)


@contextmanager
def explained(repo: str, revision: str) -> Iterator[None]:
    """Say in one sentence what the hub refuses, or that it cannot be reached.

    The cause is left out on purpose: its text holds addresses that are signed with the user's rights.
    """
    try:
        yield
    except Exception as error:
        if not (_is_http(error) or _is_offline(error)):
            raise
        raise _explain(error, repo, revision) from None


def _ask_patiently(repo: str, revision: str, wait: Callable[[float], None]) -> Any:
    from huggingface_hub import HfApi

    hub = HfApi(endpoint=_endpoint(), token=_token() or False)
    for attempt in itertools.count():
        try:
            return hub.model_info(repo, revision=revision, files_metadata=True, timeout=_timeout())
        except Exception as error:
            pause = pause_after(error, attempt)
            if pause is None or attempt + 1 == _LOOK_UPS:
                raise
        wait(pause)
    return None


def _explain(error: Exception, repo: str, revision: str) -> AdStudioError:
    from huggingface_hub import errors

    status, asked = status_of(error), f"'{repo}' on {_endpoint()}"
    if _is_offline(error):
        return ProviderError(
            "hub.offline",
            f"'{repo}' cannot be downloaded: offline mode is on (HF_HUB_OFFLINE).",
            "Unset HF_HUB_OFFLINE, or put the model's folder into place by hand.",
            repo=repo,
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError(
            "hub.unknown_revision",
            f"{asked} has no revision '{revision}'.",
            "Leave it out, or name another one.",
            name=repo,
            revision=str(revision),
        )
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return ModelError(
            "hub.gated",
            f"{asked} may only be read by those whom its owner has let in.",
            "Accept its terms on its page and put your access token into the environment variable HF_TOKEN."
            if not _token()
            else "The token in HF_TOKEN does not have this right; accept the model's terms on its page.",
            name=repo,
        )
    if isinstance(error, errors.RepositoryNotFoundError) or status in (401, 404):
        return ModelError(
            "hub.unknown_repo",
            f"{asked} was not found, or is private.",
            "Check the id; for a private one put your access token into the environment variable HF_TOKEN."
            if not _token()
            else "Check the id, and that the token in HF_TOKEN is valid and may read it.",
            name=repo,
        )
    if status == 429:
        return ProviderError(
            "hub.busy", f"{_endpoint()} takes no more requests for now.", "Try again in some minutes.", host=_endpoint()
        )
    if status >= 400:
        return ProviderError(
            "hub.refused",
            f"{_endpoint()} answered with HTTP {status} for '{repo}'.",
            "Try again later.",
            host=_endpoint(),
            name=repo,
            status=status,
        )
    return ProviderError(
        "hub.unreachable",
        f"The line to {_endpoint()} broke, or it cannot be reached ({type(error).__name__}).",
        "Check the network and start again: what has arrived is kept, and only the rest is loaded.",
        host=_endpoint(),
    )


def _is_http(error: Exception) -> bool:
    # The hub's package moved from one HTTP library to its successor; the base class is the one it uses itself.
    from huggingface_hub import errors

    return isinstance(error, vars(errors)["HTTPError"])


def _is_offline(error: Exception) -> bool:
    from huggingface_hub.errors import OfflineModeIsEnabled

    return isinstance(error, OfflineModeIsEnabled)


def _first_byte(response: Any) -> int:
    if response.status_code != 206:
        return 0  # the server sends all of it, whatever was asked
    said = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(said[1]) if said else -1


def _endpoint() -> str:
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def _token() -> str:
    return os.environ.get("HF_TOKEN", "").strip()


def _timeout() -> float:
    from huggingface_hub import constants

    return float(constants.HF_HUB_DOWNLOAD_TIMEOUT)
