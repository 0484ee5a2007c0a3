"""The tokenizer that the pack ships cuts every text as the one that ComfyUI bundles for Z-Image."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import comfyui
import pytest
from comfyui import PACK

from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer

TEXTS = [
    "Hello, world! It's 2026, don't you'RE WE'LL",
    "안녕하세요, 카페 오픈 20% 할인! 봄맞이 딸기라떼 4,500원",
    "<|im_start|>user\n봄 세일<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\n x <|endoftext|><|vision_pad|>",
    "<tool_call>{}</tool_call><|fim_prefix|>",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f389\U0001f1f0\U0001f1f7 \u2615\ufe0f ㈜ ½ ①",
    "a  b\n\n\n c\t\t d  \r\n \u3000 x\u00a0y",
    "e\u0301 vs \u00e9, \u1100\u1161\u11a8 vs 각",
    "１２３ ３４ 1234567890 3.14",
    "漢字かな交じり文 العربية עברית ไทย हिन्दी",
    "",
    " ",
    "\n",
]
ALPHABETS = (
    range(32, 127),
    range(0xAC00, 0xD7A4),
    range(0x1100, 0x1200),
    range(0x300, 0x370),
    range(0x1F300, 0x1F700),
    range(0x4E00, 0x9FFF),
    range(0xD800),
    range(0xE000, 0x110000),
)


@pytest.fixture(scope="module")
def bundled() -> Any:
    from transformers import Qwen2Tokenizer

    root = comfyui.find()
    assert root is not None
    return Qwen2Tokenizer.from_pretrained(root / "comfy" / "text_encoders" / "qwen25_tokenizer")


def corpus() -> list[str]:
    """Examples, the words of this pack, and random letters of many scripts."""
    texts = list(TEXTS)
    for place in (*sorted((PACK / "adstudio" / "prompt" / "data").rglob("*.yaml")), PACK / "README.ko.md"):
        texts += Path(place).read_text(encoding="utf-8").split("\n\n")
    chance = random.Random(7)
    for _ in range(2000):
        letters = chance.choice(ALPHABETS)
        texts.append("".join(chr(chance.choice(letters)) for _ in range(chance.randrange(1, 60))))
    return texts


def test_every_text_is_cut_the_same(bundled: Any):
    texts, mine = corpus(), qwen_tokenizer()
    both = zip(texts, mine(texts).input_ids, bundled(texts).input_ids, strict=True)
    assert [text for text, ours, theirs in both if ours != theirs] == []


def test_the_tokens_have_the_same_numbers(bundled: Any):
    words = bundled.get_vocab()
    mine = qwen_tokenizer().get_vocab()
    assert {word: number for word, number in mine.items() if word in words} == words
    assert {word for word in mine if word not in words} <= {
        "<tool_response>",
        "</tool_response>",
        "<think>",
        "</think>",
    }
