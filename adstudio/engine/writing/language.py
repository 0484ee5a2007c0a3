"""The provider ``local``: the checkpoint's text encoder, which reads prompts, writes text as well.

Z-Image's encoder is a language model without its head, and Qwen3's head is its embedding once more. So the logits are
the encoder's last states times a matrix that it has anyway: not one weight is added or copied. Its last layer and its
table, which no prompt brings there, come to the device for an answer and leave with it. The encoder is called as it is,
with a memory of its own for each answer; nothing on it is changed, and what it makes of prompts stays the same to the
bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...chat import ChatMessage, Completion
from ...chat.notes import SMALL_ENCODER
from ...errors import ProviderError
from ...ports import Host
from ..forms.checkpoint import Checkpoint
from ..memory.components import Zit, registry
from ..memory.whole_model import fits_whole, whole_model
from ..tensors.safetensors_file import load_mapped
from .answer import Draft, walk_freely
from .decoding import Writing, activation_bytes
from .json_answer import is_writable, walk_form
from .vocabulary import Vocabulary

USEFUL_PARAMETERS = 300_000_000  # the smallest Qwen3 that was made to write has 600 million
_LEAST_ROOM = 32
_HEADS = ("lm_head.weight", "output.weight")
_COMPARED_ROWS = 8192


class EncoderChat:
    """A ``ChatModel`` over a loaded checkpoint. Cheap to make; one answer at a time on the device.

    Adapters of the handle change the transformer alone, so they have no say in what is written.

    Args:
        is_bound: write the form of the schema for the model; else it writes freely, and may write anything.
    """

    name = "local"

    def __init__(self, zit: Zit, host: Host, *, is_bound: bool = True) -> None:
        self._zit, self._host, self._is_bound = zit, host, is_bound
        part = zit.checkpoint.sources.text_encoder
        place = zit.checkpoint.name if part.config_file else part.files[0].name
        self.model = f"Qwen3 {_count_in_words(self._parameters)} of {place}"

    @property
    def identity(self) -> str:
        """Which weights write, beyond their name: an answer is kept for as long as these files are the same."""
        return repr(self._zit.checkpoint.stamp)

    @property
    def can_write(self) -> bool:
        """Whether its answers are likely to be of use: large enough, with a head, and Korean in its tokens."""
        is_large = self._parameters >= USEFUL_PARAMETERS
        return is_large and is_tied(self._zit) and self._vocabulary().writes_hangul

    async def complete(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any], max_tokens: int, seed: int = 0
    ) -> Completion:
        """Answer in the thread that awaits, from start to end: ComfyUI's model manager belongs to its worker thread.

        Args:
            schema: what the answer is; one that cannot be promised is left to the model.
            max_tokens: of the answer.
            seed: 0 takes the likeliest token each time; others draw, each its own answer.

        Raises:
            ProviderError: the encoder cannot write, a picture is shown to it, the conversation is longer than it reads,
                or it yields no numbers.
        """
        if not is_tied(self._zit):
            raise ProviderError(
                "language.untied",
                f"The text encoder of {self._zit.checkpoint.name} would write with a head of its own, which is not "
                "loaded; it only reads.",
                "Choose another provider for the words.",
                model=self._zit.checkpoint.name,
            )
        if any(message.pictures for message in messages):
            raise ProviderError(
                "provider.no_vision",
                f"The text encoder of {self._zit.checkpoint.name} reads, but does not look at pictures.",
                "Choose the provider openai with a model that does.",
                model=self._zit.checkpoint.name,
            )
        with registry.draw(), torch.inference_mode():
            return self._answer(messages, schema, max_tokens, seed)

    @property
    def _parameters(self) -> int:
        return sum(weight.numel() for weight in self._zit.components.language_model.parameters())

    def _answer(
        self, messages: Sequence[ChatMessage], schema: Mapping[str, Any], max_tokens: int, seed: int
    ) -> Completion:
        started = time.perf_counter()
        self._host.check_cancelled()
        vocabulary = self._vocabulary()
        asked = self._tokens(messages, vocabulary)
        draft = Draft(vocabulary, self._room_for(asked, max_tokens))
        walk = walk_form(draft, schema) if self._is_bound and is_writable(schema) else walk_freely(draft)
        writing = Writing(self._zit.components.language_model, asked, draft, walk, seed)
        self._write(writing)
        ended = time.perf_counter()
        return Completion(
            text=draft.text,
            model=self.model,
            seconds=ended - started,
            input_tokens=len(asked),
            output_tokens=len(draft.tokens),
            first_token_s=None if writing.first_token_at is None else writing.first_token_at - started,
            is_cut_short=draft.is_cut_short,
            notes=() if self.can_write else (SMALL_ENCODER,),
        )

    def _write(self, writing: Writing) -> None:
        host, parts = self._host, self._zit.components
        needed = activation_bytes(parts.language_model, writing.asked, writing.draft.most)
        streamed = not fits_whole(parts, host, needed)
        while True:
            try:
                with whole_model(parts, host, needed, streamed=streamed) as device:
                    writing.go_on(host, device)
                return
            except torch.OutOfMemoryError:
                if streamed:
                    raise
            # Out here the traceback is gone, and with it what its frames held on the device.
            streamed = True
            writing.forget()
            for part in (parts.text_encoder, parts.transformer, parts.vae):
                host.release(part)

    def _tokens(self, messages: Sequence[ChatMessage], vocabulary: Vocabulary) -> list[int]:
        tokenizer = self._zit.components.tokenizer
        chat = tokenizer.apply_chat_template(
            [{"role": turn.role, "content": vocabulary.without_marks(turn.content)} for turn in messages],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        return tokenizer(chat, add_special_tokens=False).input_ids

    def _room_for(self, asked: list[int], max_tokens: int) -> int:
        limit = self._zit.components.language_model.config.max_position_embeddings
        if len(asked) + min(max_tokens, _LEAST_ROOM) > limit:
            raise ProviderError(
                "language.too_long",
                f"The conversation has {len(asked)} tokens, but this encoder reads {limit}, its answer included.",
                "Shorten the brief, or choose another checkpoint or provider.",
                count=len(asked),
                limit=limit,
            )
        return min(max_tokens, limit - len(asked))

    def _vocabulary(self) -> Vocabulary:
        parts = self._zit.components
        if parts.vocabulary is None:
            parts.vocabulary = Vocabulary(parts.tokenizer, parts.language_model.config.vocab_size)
        return parts.vocabulary


def may_write(checkpoint: Checkpoint) -> bool:
    """Tell from a checkpoint's files whether its encoder is large enough to write; nothing is loaded."""
    tensors = checkpoint.sources.text_encoder.tensors.values()
    return sum(math.prod(info.shape) for info in tensors) >= USEFUL_PARAMETERS


def _count_in_words(parameters: int) -> str:
    return f"{parameters / 1e9:.1f}B" if parameters >= USEFUL_PARAMETERS else f"{parameters / 1e6:.1f}M"


def is_tied(zit: Zit) -> bool:
    """Whether the encoder's embedding is its head as well, by its configuration and by its file."""
    parts = zit.components
    if parts.is_tied is None:
        says_so = bool(getattr(parts.language_model.config, "tie_word_embeddings", False))
        parts.is_tied = says_so and _has_no_other_head(zit)
    return parts.is_tied


def _has_no_other_head(zit: Zit) -> bool:
    """Some files hold the embedding a second time, as the head; a head that differs is another model's."""
    part = zit.checkpoint.sources.text_encoder
    head = next((name for name in part.tensors if name.removeprefix("model.") in _HEADS), None)
    if head is None:
        return True
    path = part.tensors[head].file
    if path.suffix != ".safetensors":
        return False
    own, stored = zit.components.language_model.embed_tokens.weight, load_mapped(path)[part.prefix + head]
    if stored.shape != own.shape:
        return False
    return all(
        torch.equal(stored[row : row + _COMPARED_ROWS].to(own.dtype), own[row : row + _COMPARED_ROWS].cpu())
        for row in range(0, len(own), _COMPARED_ROWS)
    )
