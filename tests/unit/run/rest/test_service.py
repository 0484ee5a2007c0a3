"""A job between its caller and a queue: what is taken back stays so, whenever that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from adstudio.run.remote.graph import Graph
from adstudio.run.request import AdRequest
from adstudio.run.rest.body import Ask
from adstudio.run.rest.journal import Journal
from adstudio.run.rest.limits import Limits
from adstudio.run.rest.service import Service


class SlowQueue:
    """A queue that checks a graph for as long as it is told to, and then holds it."""

    def __init__(self) -> None:
        self.checking, self.go_on = asyncio.Event(), asyncio.Event()
        self.waiting: list[str] = []

    def strangers(self, ours: Callable[[str], bool]) -> int:
        return 0

    async def submit(self, number: str, graph: Graph) -> None:
        self.checking.set()
        await self.go_on.wait()
        self.waiting.append(number)

    def state(self, number: str) -> str:
        return "queued" if number in self.waiting else ""

    def entry(self, number: str) -> Mapping[str, Any]:
        raise AssertionError("it never ended")

    def said(self, number: str) -> None:
        return None

    def cancel(self, number: str) -> None:
        self.waiting = [each for each in self.waiting if each != number]


def serve(queue: SlowQueue, folder: Path) -> Service:
    """A service that draws in 1024x1024."""
    journal = Journal(folder / "jobs.jsonl")
    return Service(queue, lambda: (folder, folder), lambda *_: (1024, 1024), lambda request: None, journal)


def test_a_job_that_is_taken_back_while_its_graph_is_checked_is_not_drawn(tmp_path: Path) -> None:
    async def run() -> None:
        queue = SlowQueue()
        service = serve(queue, tmp_path)
        job = await service.ask(Ask(AdRequest(brief="봄 딸기라떼", headline=""), wait_s=0), Limits())
        await queue.checking.wait()
        service.cancel(job.id)
        queue.go_on.set()
        while not job.has_ended:
            await asyncio.sleep(0.01)
        assert job.state == "cancelled" and not queue.waiting

    asyncio.run(run())


def test_a_product_of_too_few_pixels_ends_its_job_before_the_queue(tmp_path: Path) -> None:
    async def run() -> None:
        queue = SlowQueue()
        service = serve(queue, tmp_path)
        Image.new("RGBA", (40, 40), "red").save(tmp_path / "small.png")
        product = (str(tmp_path / "small.png"),)
        request = AdRequest(task="composite", brief="나무 탁자", headline="", products=product, auto_layout=False)
        status, answer = await service.answer(await service.ask(Ask(request, wait_s=60), Limits()))
        assert status == 400 and answer["error"]["code"] == "composite.product_too_small"
        assert not queue.checking.is_set()

    asyncio.run(run())
