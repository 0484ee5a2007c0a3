"""The one thread on which requests to services run.

ComfyUI runs every node on one event loop, and a synchronous node blocks it for as long as it works. A request on that
loop would stand still meanwhile; on a loop of its own it goes on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

THREAD_NAME = "adstudio-wire"
POLL_S = 0.1  # how often somebody who waits looks whether the user has cancelled
_lock = threading.Lock()
_running: tuple[int, threading.Thread, asyncio.AbstractEventLoop] | None = None


async def on_wire(work: Coroutine[Any, Any, T], check_cancelled: Callable[[], None] | None = None) -> T:
    """Run a request on the thread for requests and wait for it here.

    Cancelling who waits cancels the request, and so does what ``check_cancelled`` raises; that comes out unchanged.
    """
    request = asyncio.run_coroutine_threadsafe(work, _loop())
    answer = asyncio.wrap_future(request)
    try:
        while check_cancelled is not None and not answer.done():
            check_cancelled()
            await asyncio.wait({answer}, timeout=POLL_S)
        return await answer
    finally:
        request.cancel()  # does nothing to one that is done


def _loop() -> asyncio.AbstractEventLoop:
    global _running
    with _lock:
        if _running is None or _running[0] != os.getpid() or not _running[1].is_alive():  # a fork has no threads
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_run, args=(loop,), name=THREAD_NAME, daemon=True)
            thread.start()
            _running = (os.getpid(), thread, loop)
        return _running[2]


def hush_transport() -> None:
    """Keep the SDK and its transport from logging our requests and answers at DEBUG: a server may repeat a key.

    What they log for others is left alone.
    """
    for name in [*logging.root.manager.loggerDict]:
        if name.startswith(("httpcore", "openai")):
            logging.getLogger(name).addFilter(_is_not_ours)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return record.threadName != THREAD_NAME


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
