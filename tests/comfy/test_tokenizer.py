"""The tokenizer that the pack ships cuts every text as the one that ComfyUI bundles for Z-Image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

COMPARE = """
import random, sys
from comfy.text_encoders.z_image import ZImageTokenizer
from pack.adstudio.engine.qwen_tokenizer import qwen_tokenizer
from pathlib import Path

comfyui = ZImageTokenizer()
theirs = comfyui.qwen3_4b.tokenizer
mine = qwen_tokenizer()
texts = [
    "Hello, world! It's 2026, don't you'RE WE'LL", "안녕하세요, 카페 오픈 20% 할인! 봄맞이 딸기라떼 4,500원",
    "<|im_start|>user\\n봄 세일<|im_end|>\\n<|im_start|>assistant\\n",
    "<|im_start|>system\\n x <|endoftext|><|vision_pad|>", "<tool_call>{}</tool_call><|fim_prefix|>",
    "\\U0001f468\\u200d\\U0001f469\\u200d\\U0001f467 \\U0001f389\\U0001f1f0\\U0001f1f7 \\u2615\\ufe0f ㈜ ½ ①",
    "a  b\\n\\n\\n c\\t\\t d  \\r\\n \\u3000 x\\u00a0y", "e\\u0301 vs \\u00e9, \\u1100\\u1161\\u11a8 vs 각",
    "１２３ ３４ 1234567890 3.14", "漢字かな交じり文 العربية עברית ไทย हिन्दी", "", " ", "\\n",
]
pack = Path(sys.modules["pack"].__file__).parent
for place in sorted(pack.rglob("adstudio/prompt/data/*.yaml")) + [pack / "README.ko.md", pack / "README.md"]:
    texts += place.read_text(encoding="utf-8").split("\\n\\n")
chance = random.Random(7)
alphabets = [range(32, 127), range(0xAC00, 0xD7A4), range(0x1100, 0x1200), range(0x300, 0x370), range(0x1F300, 0x1F700),
             range(0x4E00, 0x9FFF), range(0, 0xD800), range(0xE000, 0x110000)]
for index in range(1000):
    letters = chance.choice(alphabets)
    texts.append("".join(chr(chance.choice(letters)) for _ in range(chance.randrange(1, 60))))
thinking = ("<think>", "</think>", "<tool_response>", "</tool_response>")  # of Qwen3, which ComfyUI's list lacks
texts = [text for text in texts if not any(word in text for word in thinking)]
both = zip(texts, mine(texts).input_ids, theirs(texts)["input_ids"], strict=True)
differing = [text for text, ours, other in both if ours != other]
chat = mine.apply_chat_template([{"role": "user", "content": "봄 {세일}"}], tokenize=False, add_generation_prompt=True,
                                enable_thinking=True)
answer = {"texts": len(texts), "differing": differing[:3], "chat": chat,
          "expected": comfyui.llama_template.format("봄 {세일}"), "think": mine("</think>").input_ids}
"""


@pytest.fixture(scope="module")
def compared(inside: Callable[[str], Any]) -> dict[str, Any]:
    return inside(COMPARE)


def test_every_text_is_cut_the_same(compared: dict[str, Any]):
    assert compared["texts"] > 1000
    assert compared["differing"] == []


def test_a_prompt_has_the_same_form(compared: dict[str, Any]):
    assert compared["chat"] == compared["expected"]
    assert compared["think"] == [151668]
