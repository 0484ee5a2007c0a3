"""Prompt to embedding, by the checkpoint's own text encoder."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import InputError
from ..ports import Host
from .components import Zit
from .lora import join_triggers


def encode_prompt(zit: Zit, prompt: str, host: Host, *, streamed: bool = False) -> torch.Tensor:
    """Embed a prompt and the trigger words of the handle's adapters; the encoder is borrowed only for a new text.

    Shapes: ``[tokens, width]`` on the CPU, in the encoder's dtype.

    Args:
        streamed: have the encoder's blocks on the device one by one.

    Raises:
        InputError: the prompt is empty, or longer than the model reads. It is never cut.
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
    """Embed tokens by the encoder's hidden states; Z-Image is made for those of the last layer but one.

    Shapes: ``[tokens, width]`` on the CPU, in the encoder's dtype.
    """
    encoder = zit.components.text_encoder
    host.check_cancelled()
    with host.on_device(encoder, activation_bytes(encoder, len(tokens)), streamed=streamed) as device:
        ids = torch.tensor([tokens], device=device)
        states = encoder(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
        return states.hidden_states[layer][0].to("cpu")


def activation_bytes(text_encoder: Any, tokens: int) -> int:
    """What embedding needs beside the weights: the states of every layer are kept, and one layer's inner rows."""
    config = text_encoder.config
    rows = (config.num_hidden_layers + 4) * config.hidden_size + 3 * config.intermediate_size
    return tokens * rows * text_encoder.dtype.itemsize


def tokenize(zit: Zit, text: str) -> list[int]:
    """Write a prompt as the user's turn of a chat, as Z-Image was trained, and count it in tokens.

    Raises:
        InputError: it is longer than the model reads.
    """
    tokenizer, limit = zit.components.tokenizer, zit.checkpoint.prompt_tokens
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    tokens = tokenizer(chat).input_ids
    if len(tokens) > limit:
        raise InputError(
            "prompt.too_long",
            f"The prompt has {len(tokens)} tokens, but this checkpoint reads {limit}.",
            f"Shorten it to about {max(1, int(len(text) * limit / len(tokens)))} characters.",
        )
    return tokens
