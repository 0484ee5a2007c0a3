"""Measure how well a request to a language model overlaps a node that blocks ComfyUI's event loop; print a table.

python benchmarks/overlap.py [--rounds 3]

A photo is cut out in the caller's thread, as a synchronous node does, beside a request that takes as long: a server on
the loopback waits for that time and answers. ``ours`` is the provider with its thread for requests; ``on the caller's
loop`` is the same SDK awaited where the node runs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from skimage import data  # noqa: E402

from adstudio.chat import openai_chat  # noqa: E402
from adstudio.chat.openai_chat import OpenAIChat  # noqa: E402
from adstudio.imaging.cutout.matting import cut_out  # noqa: E402
from adstudio.prompt.providers.model_writer import ModelWriter  # noqa: E402
from adstudio.service import Key, read_address  # noqa: E402
from adstudio.settings import Service  # noqa: E402
from adstudio.types import PromptRequest  # noqa: E402
from tests.chat_server import MODEL, PROMPT_ANSWER, ChatServer, chatting, says  # noqa: E402

BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with chatting() as server:
        service = Service(read_address(server.url), MODEL, Key.none())
        rows = measure(server, service, rounds)
    print("| what | seconds |\n|---|---|")
    for name, times in rows.items():
        print(f"| {name} | {statistics.median(times):.2f} |")


def measure(server: ChatServer, service: Service, rounds: int) -> dict[str, list[float]]:
    """Time each way in turns, so that whatever else the machine does falls on all alike."""
    work()  # everything is loaded
    _time(lambda: write(service))
    alone = statistics.median(_time(work) for _ in range(3))
    server.answers(says(PROMPT_ANSWER, delay_s=alone))
    rows: dict[str, list[float]] = {}
    ways: dict[str, Callable[[], object]] = {
        "cut-out alone": work,
        "request alone": lambda: asyncio.run(write(service)),
        "both, ours": lambda: asyncio.run(beside(write(service))),
        "both, on the caller's loop": lambda: asyncio.run(beside(ask_here(service))),
    }
    for _ in range(rounds):
        for name, way in ways.items():
            rows.setdefault(name, []).append(_time(way))
    return rows


def work() -> None:
    """What a synchronous node does."""
    cut_out(data.coffee(), method="geodesic")


async def beside(request: Coroutine[Any, Any, object]) -> None:
    """What ComfyUI does: start the asynchronous node, give it one turn, and go on with the next."""
    task = asyncio.ensure_future(request)
    await asyncio.sleep(0)
    work()
    await task


def write(service: Service) -> Coroutine[Any, Any, object]:
    """A prompt by our provider, nothing kept."""
    return ModelWriter(OpenAIChat(service)).write_prompt(PromptRequest(BRIEF))


async def ask_here(service: Service) -> None:
    """The same kind of request on the loop of the caller."""
    async with openai_chat._client(service) as client:
        await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": BRIEF}])


def _time(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    result = what()
    if asyncio.iscoroutine(result):
        asyncio.run(result)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
