"""The analyzer's node places whole ads, keeps to a channel and to what is locked, and says so on itself."""

from __future__ import annotations

from typing import Any

import pytest

CASES = """
import asyncio
from dataclasses import replace
from types import SimpleNamespace
import torch
from pack.nodes.layout import TextLayoutAnalyzer
from pack.adstudio.layout.plan.digest import digest_of
from pack.adstudio.types import AdCopy, Box, Channel
from pack.nodes._io import to_arrays

TextLayoutAnalyzer.hidden = SimpleNamespace(unique_id=None)
pictures = torch.full((2, 640, 640, 3), 0.6); pictures[1, :, 320:] = 0.9
copy = AdCopy("가을 세일", "오늘만", call_to_action="주문하기")
parts = {"price": "4,900원", "old_price": "6,500원", "badge": "1+1", "legal": "일부 매장 제외", "hours": "", "link": "https://a.kr"}
channel = Channel("story", "스토리", "Story", (640, 640), safe=Box(0, 0.1, 1, 0.8))
laid = TextLayoutAnalyzer.execute(pictures, "", "", "auto", copy=copy, channel=channel, logo_slot=True, **parts)
node = asyncio.run(laid)
plan, report, preview = node.args
head = next(block for block in plan.for_frame(1).texts if block.role == "headline")
held = replace(head, box=Box(0.1, 0.4, 0.6, 0.6), locked=True)
anew = TextLayoutAnalyzer.execute(
    pictures[1:], "", "", "auto", copy=copy, previous=replace(plan.for_frame(1), texts=(held,), marks=())
)
kept = asyncio.run(anew).args[0]
answer = {
    "roles": sorted(block.role for block in plan.for_frame(0).texts),
    "marks": sorted(mark.kind for mark in plan.for_frame(0).marks),
    "inside": all(part.box.y0 >= 0.1 and part.box.y1 <= 0.8 for f in plan.frames for part in (*f.texts, *f.marks)),
    "pictures": [frame.picture for frame in plan.frames] == [digest_of(one) for one in to_arrays(pictures)],
    "channel": plan.channel, "size": list(plan.size_px),
    "report": report, "on the node": node.ui.as_dict(), "preview": list(preview.shape),
    "locked": held in kept.texts and sum(block.role == "headline" for block in kept.texts) == 1,
}
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CASES)


def test_every_part_of_the_copy_and_of_the_form_is_placed(seen: dict[str, Any]):
    assert seen["roles"] == ["badge", "cta", "headline", "legal", "price", "sub"]
    assert seen["marks"] == ["logo", "qr"]


def test_channel_and_pictures_are_kept(seen: dict[str, Any]):
    assert seen["inside"] and seen["pictures"]
    assert (seen["channel"], seen["size"]) == ("story", [640, 640])


def test_report_stands_on_the_node(seen: dict[str, Any]):
    assert "점수" in seen["report"]
    assert "점수" in seen["on the node"]["text"][0]
    assert seen["preview"] == [2, 640, 640, 3]


def test_locked_part_stays(seen: dict[str, Any]):
    assert seen["locked"]
