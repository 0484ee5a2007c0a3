"""Token by token: the encoder reads what is there, and a token is chosen among those that may come.

Choosing is done on the CPU with a generator of its own, so a seed gives the same answer whatever the device draws from
its own numbers, and nobody else's random numbers change.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch.nn import functional

from ...errors import ProviderError
from ...ports import Host
from ..drawing.processor import wide_products
from .answer import Draft, Walk

_PROGRESS_EVERY = 8
# Source: Qwen3's model card on answers without thinking.
_TEMPERATURE, _TOP_K, _TOP_P = 0.7, 20, 0.8


class Writing:
    """One answer under way. It survives that memory runs out: what is written stays, and is read again.

    Args:
        asked: the conversation's tokens.
        walk: says which tokens may come next.
        seed: 0 takes the likeliest token each time.
    """

    def __init__(self, encoder: Any, asked: list[int], draft: Draft, walk: Walk, seed: int) -> None:
        self.asked, self.draft = asked, draft
        self.first_token_at: float | None = None
        self._encoder, self._walk = encoder, walk
        self._generator = torch.Generator("cpu").manual_seed(seed) if seed else None
        self._memory: Any = None
        self._read = 0
        self._choices: torch.Tensor | None = next(walk, None)

    def go_on(self, host: Host, device: torch.device) -> None:
        """Write to the end.

        Raises:
            ProviderError: the encoder's numbers are none.
        """
        draft = self.draft
        while self._choices is not None and draft.room > 0:
            host.check_cancelled()
            token = self._choose(self._logits(device), self._choices)
            self.first_token_at = self.first_token_at or time.perf_counter()
            try:
                self._choices = self._walk.send(token)
            except StopIteration:
                self._choices = None
            if len(draft.tokens) % _PROGRESS_EVERY == 0:
                host.progress(min(len(draft.tokens), draft.most), draft.most)
        if self._choices is not None or draft.room < 0:
            draft.is_cut_short = True
            del draft.tokens[draft.most :]
        host.progress(draft.most, draft.most)

    def forget(self) -> None:
        """Give up what was remembered of the tokens read so far."""
        self._memory, self._read = None, 0

    def _logits(self, device: torch.device) -> torch.Tensor:
        """What the encoder gives each token to come next: ``[vocabulary] float32`` on the CPU."""
        tokens = [*self.asked, *self.draft.tokens]
        ids = torch.tensor([tokens[self._read :]], device=device)
        with wide_products(device, self._encoder.dtype):
            out = self._encoder(input_ids=ids, past_key_values=self._memory, use_cache=True)
        self._memory, self._read = out.past_key_values, len(tokens)
        # Asked for each time: the embedding is another tensor at home than on a device.
        head = self._encoder.embed_tokens.weight
        # The last row by itself: with the strides of a longer reading torch rearranges the whole matrix on a CPU.
        return functional.linear(out.last_hidden_state[0, -1:], head)[0].float().cpu()

    def _choose(self, logits: torch.Tensor, choices: torch.Tensor) -> int:
        found = logits[choices]
        best = int(found.argmax())
        if not torch.isfinite(found[best]):
            raise ProviderError(
                "language.no_numbers",
                "The text encoder computes no numbers (NaN) in its answer.",
                "Use a checkpoint whose text encoder is bfloat16 or float32.",
            )
        if self._generator is not None:
            best = _draw(found, self._generator)
        return int(choices[best])


def _draw(logits: torch.Tensor, generator: torch.Generator) -> int:
    highest, places = (logits / _TEMPERATURE).topk(min(_TOP_K, len(logits)))
    shares = highest.softmax(0)
    shares[shares.cumsum(0) - shares >= _TOP_P] = 0  # the first always stays
    return int(places[torch.multinomial(shares, 1, generator=generator)])


def activation_bytes(encoder: Any, asked: list[int], most: int) -> int:
    """What an answer needs beside the weights: keys and values of all tokens, and one reading's inner rows."""
    config = encoder.config
    size, tokens = encoder.dtype.itemsize, len(asked) + most
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    pair = 2 * config.num_key_value_heads * head * size
    kept = tokens * pair * (config.num_hidden_layers + 2)  # a layer's grow by being written anew, the old beside them
    reading = len(asked) * (6 * config.hidden_size + 3 * config.intermediate_size) * size
    return kept + reading + config.vocab_size * (size + torch.float32.itemsize)
