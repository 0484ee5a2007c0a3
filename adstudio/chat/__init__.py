"""A conversation with a language model: its turns and its answer. Who answers is a ``ports.ChatModel``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ChatPicture:
    """A picture that a model is to look at: a JPEG file, and how closely it should look."""

    data: bytes
    detail: Literal["low", "high", "auto"] = "auto"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation with a language model. ``pictures`` come after the text."""

    role: Literal["system", "user", "assistant"]
    content: str
    pictures: tuple[ChatPicture, ...] = ()


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
