"""A conversation with a language model: its turns and its answer. Who answers is a ``ports.ChatModel``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation with a language model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model answered, and what it took."""

    text: str
    model: str
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    first_token_s: float | None = None
    is_cut_short: bool = False  # the limit of tokens ended it
    notes: tuple[str, ...] = ()
