"""Prompt to embedding, by the checkpoint's own text encoder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch

from ...errors import InputError
from ...ports import Host
from ...types import Note
from ..forms.language_model import reader_of, rows_of
from ..lora.uses import join_triggers
from ..memory.components import Zit
from ..memory.whole_model import whole_model
from .processor import wide_products

_LONGEST_TOKEN = 160  # letters; a text of more than that many per token of the limit is too long without counting
_SHOWN_CHARS = 40
_LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How long a prompt is in the checkpoint's own tokens, those of the chat around it included."""

    tokens: int
    limit: int

    @property
    def is_over(self) -> bool:
        """Tell whether its end is not read."""
        return self.tokens > self.limit


def prompt_length(zit: Zit, prompt: str) -> TokenCount:
    """Count a prompt, with the trigger words of the handle's adapters, against what the checkpoint reads."""
    text = join_triggers(prompt.strip(), zit.loras)
    return TokenCount(len(_chat_tokens(zit, text)), zit.checkpoint.prompt_tokens)


def length_notes(zit: Zit, prompt: str) -> tuple[str, ...]:
    """Say which part of a prompt is beyond what the checkpoint reads; nothing where it reads it all."""
    count = prompt_length(zit, prompt)
    if not count.is_over:
        return ()
    text = join_triggers(prompt.strip(), zit.loras)
    left = text[len(_readable(zit, text)) :].strip(" ,.")
    shown = left if len(left) <= _SHOWN_CHARS else f"{left[:_SHOWN_CHARS]}…"
    said = "프롬프트가 {tokens} 토큰으로 한도 {limit}를 넘어 뒤쪽 ‘{left}’부터는 그림에 쓰이지 않았어요"
    return (Note("prompt.too_long", said, tokens=f"{count.tokens:,}", limit=count.limit, left=shown),)


def encode_prompt(zit: Zit, prompt: str, host: Host, *, streamed: bool = False) -> torch.Tensor:
    """Embed a prompt and the trigger words of the handle's adapters; the encoder is borrowed only for a new text.

    What is longer than the model reads loses its last words; ``length_notes`` say so.

    Shapes: ``[tokens, width]`` on the CPU, in the encoder's dtype.

    Args:
        streamed: have the encoder's blocks on the device one by one.

    Raises:
        InputError: the prompt is empty.
    """
    text = prompt.strip()
    if not text:
        raise InputError("prompt.empty", "The prompt is empty.", "Describe the picture in a few words.")
    text = join_triggers(text, zit.loras)
    parts = zit.components
    known = parts.embeddings.find(text)
    if known is not None:
        return known
    embedding = embed_tokens(zit, tokenize(zit, text), host, streamed=streamed)
    parts.embeddings.keep(text, embedding)
    return embedding


def embed_tokens(zit: Zit, tokens: list[int], host: Host, *, layer: int = -2, streamed: bool = False) -> torch.Tensor:
    """Embed tokens by a state of the language model; Z-Image is made for the one that enters the last layer.

    Shapes: ``[tokens, width]`` on the CPU, in the encoder's dtype.

    Args:
        layer: which of the model's states, counted as transformers counts them: 0 enters the first layer, the last
            one has been through all of them and the norm.
    """
    parts = zit.components
    encoder, needed = parts.text_encoder, activation_bytes(parts.text_encoder, len(tokens))
    state = range(len(parts.language_model.layers) + 1)[layer]
    host.check_cancelled()
    if state > len(encoder.layers):
        encoder, borrowed = parts.language_model, whole_model(parts, host, needed, streamed=streamed)
    else:
        borrowed = host.on_device(encoder, needed, streamed=streamed)
        if state < len(encoder.layers):
            encoder = reader_of(encoder, state)
    with borrowed as device, wide_products(device, parts.text_encoder.dtype):
        rows = rows_of(parts.language_model, tokens, device)
        seen = torch.ones(rows.shape[:2], dtype=torch.long, device=device)
        read = encoder(inputs_embeds=rows, attention_mask=seen, use_cache=False)
        return read.last_hidden_state[0].to("cpu")


def activation_bytes(text_encoder: Any, tokens: int) -> int:
    """What embedding needs beside the weights: one layer's inner rows."""
    config = text_encoder.config
    rows = 4 * config.hidden_size + 3 * config.intermediate_size
    return tokens * rows * text_encoder.dtype.itemsize


def tokenize(zit: Zit, text: str) -> list[int]:
    """Write a prompt as the user's turn of a chat, as Z-Image was trained, within what the checkpoint reads.

    Of a longer one the last words go, never the end of the turn: without that the model does not know that it ended.
    """
    return _chat_tokens(zit, _readable(zit, text))


def _chat_tokens(zit: Zit, text: str) -> list[int]:
    tokenizer = zit.components.tokenizer
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    return tokenizer(chat).input_ids


def _readable(zit: Zit, text: str) -> str:
    """The longest beginning of a prompt that fits, up to the end of a word."""
    limit = zit.checkpoint.prompt_tokens
    clipped = text[: limit * _LONGEST_TOKEN]
    if len(clipped) == len(text) and len(_chat_tokens(zit, text)) <= limit:
        return text
    ends = _places_to_cut(clipped)
    low, high = 0, len(ends)  # the first `low` of them fit
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(_chat_tokens(zit, clipped[: ends[middle - 1]])) <= limit
        low, high = (middle, high) if fits else (low, middle - 1)
    return clipped[: ends[low - 1]] if low else ""


def _places_to_cut(text: str) -> list[int]:
    """The ends of words; in what has no spaces, every letter."""
    places: list[int] = []
    for word in re.finditer(r"\S+", text):
        places += range(word.start() + 1, word.end()) if len(word[0]) > _LONGEST_WORD else ()
        places.append(word.end())
    return places
