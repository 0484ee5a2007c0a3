"""An answer as it is written: what may come next, and when it is done.

A ``Walk`` is told each token that the model chose, and says which ones it may choose next. What is bound to come
anyway it writes down by itself, so the model reads it without being asked.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch

from .vocabulary import Vocabulary

Walk = Generator[torch.Tensor, int, None]

_LONGEST_LOOP = 48  # tokens
_LOOPED = 4  # times over, and at least that many tokens in all:
_LOOPED_TOKENS = 32


class Draft:
    """The tokens of an answer so far.

    Args:
        most: how many there may be.
    """

    def __init__(self, vocabulary: Vocabulary, most: int) -> None:
        self.vocabulary, self.most = vocabulary, most
        self.tokens: list[int] = []
        self.is_cut_short = False
        self._said = ""

    @property
    def room(self) -> int:
        """How many tokens may still come; what was said last is written down for it."""
        self.settle()
        return self.most - len(self.tokens)

    @property
    def text(self) -> str:
        """What the tokens spell."""
        self.settle()
        return self.vocabulary.text(self.tokens)

    def say(self, text: str) -> None:
        """Write what the model has no choice about."""
        self._said += text  # in one piece with what follows, as the model's own tokens would be

    def take(self, token: int) -> None:
        """Write a token that the model chose."""
        self.settle()
        self.tokens.append(token)

    def settle(self) -> None:
        """Turn what was said into tokens."""
        said, self._said = self._said, ""
        self.tokens += self.vocabulary.encode(said)


def walk_freely(draft: Draft) -> Walk:
    """Let the model write until it stops, its first JSON object has closed, or it only repeats itself."""
    vocabulary, end = draft.vocabulary, _ObjectEnd()
    while True:
        token = yield vocabulary.free
        if token in vocabulary.ends:
            return
        draft.take(token)
        if end.is_reached(vocabulary.spell(token)):
            return
        if is_looping(draft.tokens):
            draft.is_cut_short = True
            return


def is_looping(tokens: Sequence[int]) -> bool:
    """Whether the last tokens are one phrase over and over."""
    for length in range(1, min(_LONGEST_LOOP, len(tokens) // _LOOPED) + 1):
        span = max(length * _LOOPED, _LOOPED_TOKENS)
        if len(tokens) < span or tokens[-1] != tokens[-1 - length]:
            continue
        tail = tokens[-span:]
        if tail[length:] == tail[:-length]:
            return True
    return False


class _ObjectEnd:
    """Watches for the brace that closes the first JSON object; one inside a thought does not count."""

    def __init__(self) -> None:
        self._before = b""
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    def is_reached(self, piece: bytes) -> bool:
        """Whether it closes within the next piece of the answer."""
        for byte in piece:
            letter = bytes([byte])
            if not self._depth:
                self._before += letter
                is_thought = self._before.rfind(b"<think>") > self._before.rfind(b"</think>")
                self._depth = int(letter == b"{" and not is_thought)
            elif self._is_escaped:
                self._is_escaped = False
            elif letter == b"\\":
                self._is_escaped = self._in_string
            elif letter == b'"':
                self._in_string = not self._in_string
            elif not self._in_string and letter in b"{}":
                self._depth += 1 if letter == b"{" else -1
                if not self._depth:
                    return True
        return False
