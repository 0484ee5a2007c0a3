"""Tell a webhook of a finished job: a few times, slower each time, and never further than where it was sent."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ...errors import InputError
from .limits import Limits

logger = logging.getLogger("adstudio.rest")

PAUSES_S = (0.0, 2.0, 10.0, 60.0, 300.0)
_PORTS = {"http": 80, "https": 443}


def tell(url: str, about: Mapping[str, Any], limits: Limits) -> threading.Thread:
    """Have a thread deliver; one that waits for its next try for minutes does not keep the server from ending."""
    thread = threading.Thread(target=deliver, args=(url, about, limits), name="adstudio-webhook", daemon=True)
    thread.start()
    return thread


def deliver(url: str, about: Mapping[str, Any], limits: Limits, sleep: Callable[[float], None] = time.sleep) -> bool:
    """POST JSON to a webhook until it is taken; whether it was.

    The receiver may get it more than once (its answer can be lost): ``job`` in the body tells that it is the same.
    """
    data = json.dumps(about, ensure_ascii=False).encode()
    for number, pause in enumerate(PAUSES_S, start=1):
        sleep(pause)
        try:
            status = _send(url, data, limits)
        except InputError as error:
            logger.warning("No webhook for job %s: %s", about.get("job"), error.message)
            return False
        except OSError as error:
            status, why = 0, type(error).__name__
        else:
            why = str(status)
        if 200 <= status < 300:
            return True
        logger.info("Webhook of job %s, try %d of %d: %s", about.get("job"), number, len(PAUSES_S), why)
        if 300 <= status < 500 and status not in (408, 425, 429):
            break  # it is refused, and will be again
    logger.warning("The webhook of job %s was not taken.", about.get("job"))
    return False


def _send(url: str, data: bytes, limits: Limits) -> int:
    """POST once, to the very address that was checked; redirects are not followed."""
    import httpx2

    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    address = limits.check_address(host, port)
    shown = f"[{address}]" if ":" in address else address
    direct = urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
    headers = {"Host": parts.netloc, "Content-Type": "application/json"}
    try:
        with httpx2.Client(timeout=10, follow_redirects=False, trust_env=False) as client:
            request = client.build_request(
                "POST", direct, content=data, headers=headers, extensions={"sni_hostname": host}
            )
            answer = client.send(request, stream=True)  # what it answers is not read
            answer.close()
            return answer.status_code
    except httpx2.TransportError as error:
        raise ConnectionError(str(error)) from error
