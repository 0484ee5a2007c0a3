"""Qwen's tokenizer, for checkpoints whose files come without one.

Built from the merges that the pack ships: of each token beyond the 256 bytes the two tokens it is made of.
Source: the ranks in ``qwen.tiktoken`` of Qwen (Apache-2.0); see NOTICE and ``tools/tokenizer_data.py``.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

MERGES = Path(__file__).resolve().parents[1] / "data" / "qwen_merges.bin"

_PRINTABLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
# GPT-2's order: the bytes that are printable letters by themselves, then the others.
BYTES = tuple(bytes([byte]) for byte in [*_PRINTABLE, *_OTHERS])
LETTERS = [*map(chr, _PRINTABLE), *(chr(256 + index) for index in range(len(_OTHERS)))]

_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_MARKS = (  # one token each, but text all the same
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
)
WORDS_COUNT = 151_643 + len(_SPECIAL) + len(_MARKS)
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)


def qwen_tokenizer() -> Any:
    """A ``PreTrainedTokenizerFast`` with Qwen3's tokens and chat form; each call gives one of its own."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words, merges = _words_and_merges()
    tokenizer: Any = Tokenizer(models.BPE(vocab=dict(words), merges=list(merges)))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in _SPECIAL])
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in _MARKS])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        model_max_length=131072,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = _CHAT
    return fast


@cache
def _words_and_merges() -> tuple[dict[str, int], list[tuple[str, str]]]:
    planes = np.frombuffer(zlib.decompress(MERGES.read_bytes()), np.uint8).reshape(2, 3, -1).astype(np.int32)
    pairs = (planes[:, 0] | planes[:, 1] << 8 | planes[:, 2] << 16).T.tolist()
    words, merges = list(LETTERS), []
    for left, right in pairs:
        merges.append((words[left], words[right]))
        words.append(words[left] + words[right])
    return {word: index for index, word in enumerate(words)}, merges
