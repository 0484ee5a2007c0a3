"""Long prompts lose their last words, never the end of the user's turn, and the result says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing.encoding import encode_prompt, length_notes, prompt_length, tokenize
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer
from adstudio.engine.lora.uses import LoraUse
from adstudio.engine.memory.components import Zit, load
from adstudio.engine.memory.torch_host import TorchHost

PHRASE = "a glass of strawberry latte on a wooden table"


@pytest.fixture(scope="module", params=["qwen", "demo"])
def reader(request: pytest.FixtureRequest) -> Any:
    """A handle that can only count: the shipped tokenizer of Qwen, or the demo model's own."""
    if request.param == "qwen":
        tokenizer = qwen_tokenizer()
    else:
        tokenizer = load(checkpoint_path(), TorchHost("cpu", model_dirs=[])).components.tokenizer
    components = SimpleNamespace(tokenizer=tokenizer)
    return SimpleNamespace(components=components, checkpoint=SimpleNamespace(prompt_tokens=512), loras=())


def _turn(reader: Any, text: str) -> tuple[list[int], list[int], str]:
    """Beginning and end of a turn in tokens, and what stands between them."""
    tokens = tokenize(reader, text)
    tokenizer = reader.components.tokenizer
    head, tail = tokenizer("<|im_start|>user\n").input_ids, tokenizer("<|im_end|>\n<|im_start|>assistant\n").input_ids
    assert len(tokens) <= 512
    assert tokens[: len(head)] == head and tokens[-len(tail) :] == tail
    return head, tail, tokenizer.decode(tokens[len(head) : -len(tail)])


def test_a_prompt_within_the_limit_is_whole(reader: Any):
    assert _turn(reader, PHRASE)[2] == PHRASE
    count = prompt_length(reader, f"  {PHRASE} ")
    assert (count.tokens, count.limit, count.is_over) == (len(tokenize(reader, PHRASE)), 512, False)
    assert length_notes(reader, PHRASE) == ()


@pytest.mark.parametrize(
    "text",
    [
        ", ".join([PHRASE] * 120),
        "x" * 10_000,
        "딸기 라떼 🍓 " * 900,
        f"{PHRASE}, " * 20 + "딸기라떼🍓" * 400,  # few letters a token after many
        " " * 5 + "word " * 100_000,
    ],
    ids=["phrases", "no words", "hangul", "mixed", "huge"],
)
def test_a_longer_one_loses_its_last_words_and_keeps_the_end_of_the_turn(reader: Any, text: str):
    kept = _turn(reader, text.strip())[2]
    assert text.strip().startswith(kept) and 0 < len(kept) < len(text.strip())
    assert len(tokenize(reader, text.strip())) > 500, "no more is lost than must be"
    note = length_notes(reader, text)[0]
    assert "토큰으로 한도 512를 넘어 뒤쪽" in note
    assert f"{prompt_length(reader, text).tokens:,}" in note and prompt_length(reader, text).is_over


def test_whole_words_are_kept(reader: Any):
    kept = _turn(reader, ", ".join([PHRASE] * 120))[2]
    assert set(kept.replace(",", "").split()) <= set(PHRASE.split())


def test_trigger_words_stand_first_and_count(reader: Any, tmp_path: Path):
    triggered = SimpleNamespace(**{**vars(reader), "loras": (LoraUse(tmp_path / "a.safetensors", 1.0, ("zx style",)),)})
    assert prompt_length(triggered, PHRASE).tokens > prompt_length(reader, PHRASE).tokens
    assert length_notes(triggered, "word " * 1000)[0] != length_notes(reader, "word " * 1000)[0]


def test_the_result_says_that_a_prompt_was_cut(zit: Zit, host: TorchHost):
    long = "a thing, " * 400
    assert prompt_length(zit, long).is_over
    samples = text_to_image(zit, long, width=64, height=64, seed=1, steps=1, host=host)
    assert [note for note in samples.notes if "한도 512를 넘어" in note]
    assert not text_to_image(zit, "a thing", width=64, height=64, seed=1, steps=1, host=host).notes


def test_what_is_beyond_the_limit_changes_nothing(zit: Zit, host: TorchHost):
    short = replace(zit, checkpoint=replace(zit.checkpoint, prompt_tokens=64))
    first, other = ("a thing " * 20 + end for end in ("alpha", "omega"))
    assert torch.equal(encode_prompt(short, first, host), encode_prompt(short, other, host))
    assert len(encode_prompt(short, first, host)) <= 64
