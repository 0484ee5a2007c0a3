"""The shipped tokenizer is Qwen's: known numbers, every token reachable, nothing lost on the way back."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from adstudio.engine.forms.qwen_tokenizer import MERGES, WORDS_COUNT, qwen_tokenizer

CHAT = [{"role": "user", "content": "봄 세일 🎉"}]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return qwen_tokenizer()


def test_the_chat_has_the_published_numbers(tokenizer: Any):
    text = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True, enable_thinking=True)
    assert text == "<|im_start|>user\n봄 세일 🎉<|im_end|>\n<|im_start|>assistant\n"
    tokens = tokenizer(text).input_ids
    assert tokens[:3] == [151644, 872, 198]
    assert tokens[-5:] == [151645, 198, 151644, 77091, 198]
    assert tokenizer.decode(tokens) == text


def test_a_chat_without_thinking_closes_it(tokenizer: Any):
    text = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert tokenizer("<think></think>").input_ids == [151667, 151668]


def test_every_token_is_there_and_the_file_is_small(tokenizer: Any):
    assert len(tokenizer) == WORDS_COUNT == 151669
    assert sorted(tokenizer.get_vocab().values()) == list(range(WORDS_COUNT))
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (151643, 151645)
    assert MERGES.stat().st_size < 600_000


def test_every_byte_comes_back(tokenizer: Any):
    text = "".join(chr(number) for number in range(0x20, 0x500)) + "각🎉\u200d\ud7a3"
    assert tokenizer.decode(tokenizer(text).input_ids) == unicodedata.normalize("NFC", text)
