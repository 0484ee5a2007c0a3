"""Wait for a language model where the caller is no coroutine."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where the calling thread has an event loop; raise what it raises."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []

    async def run() -> T:
        task = asyncio.ensure_future(work)
        begun.append((asyncio.get_running_loop(), task))
        return await task

    helper = ThreadPoolExecutor(1, thread_name_prefix="adstudio-chat")
    job = helper.submit(contextvars.copy_context().run, asyncio.run, run())
    try:
        return job.result()
    finally:
        if not job.done() and begun:  # Ctrl-C while it waited
            loop, task = begun[0]
            loop.call_soon_threadsafe(task.cancel)
        helper.shutdown(wait=False)
