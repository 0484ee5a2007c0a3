"""What a tokenizer's tokens spell, byte by byte, and which of them may stand where in an answer."""

from __future__ import annotations

import re
from codecs import utf_8_decode
from collections.abc import Sequence
from typing import Any

import torch

from ..forms.qwen_tokenizer import BYTES, LETTERS

_BYTE_OF = {letter: byte[0] for letter, byte in zip(LETTERS, BYTES, strict=True)}
_PLAIN = r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*'  # of a JSON string; an escape lies within one token or is not written
_INSIDE = re.compile(_PLAIN)
_CLOSING = re.compile(rf'({_PLAIN})"\s*(.?)', re.DOTALL)
_ENDS = ("<|im_end|>", "<|endoftext|>")
_HANGUL = "가을 신메뉴, 밤라떼 출시! 뷁 🍂"


class Vocabulary:
    """The tokens of one tokenizer and model.

    Shapes: ``free``, ``in_string``, ``in_string_or_end`` are ids ``[n] int64``.

    Args:
        size: how many tokens the model knows; Qwen's models know more than its tokenizer does.
    """

    def __init__(self, tokenizer: Any, size: int) -> None:
        self._tokenizer = tokenizer
        added = {index: token for index, token in tokenizer.added_tokens_decoder.items() if index < size}
        self._marks = sorted((token.content for token in added.values()), key=len, reverse=True)
        known = {token.content: index for index, token in added.items()}
        eos = tokenizer.eos_token_id
        self.ends = frozenset(index for index in (eos, *map(known.get, _ENDS)) if index is not None and index < size)
        special = {index for index, token in added.items() if token.special}
        names = tokenizer.convert_ids_to_tokens(list(range(min(size, max(tokenizer.get_vocab().values()) + 1))))
        self._spelled = [
            b"" if index in special or name is None else name.encode() if index in added else _spell(name)
            for index, name in enumerate(names)
        ]
        words = [index for index, spelled in enumerate(self._spelled) if spelled]
        self.free = _ids([*words, *self.ends])
        self.closing: dict[int, tuple[str, str]] = {}
        inside: list[int] = []
        for index in words:
            if index not in added:
                self._sort(index, inside)
        self.in_string = _ids(inside)
        self.in_string_or_end = _ids([*inside, *self.closing])
        self._continuing = [index for index in words if all(0x80 <= byte < 0xC0 for byte in self._spelled[index])]
        self._after: dict[bytes, torch.Tensor] = {}

    @property
    def writes_hangul(self) -> bool:
        """Whether Korean words come out of the tokens as they went in."""
        return self.text(self.encode(_HANGUL)) == _HANGUL

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, nothing before or after it."""
        return self._tokenizer(text, add_special_tokens=False).input_ids if text else []

    def spell(self, token: int) -> bytes:
        """What a token adds to a text; nothing where it only steers."""
        return self._spelled[token] if token < len(self._spelled) else b""

    def text(self, tokens: Sequence[int]) -> str:
        """The text that tokens spell together."""
        return b"".join(map(self.spell, tokens)).decode("utf-8", "replace")

    def read(self, pending: bytes, token: int) -> tuple[str, bytes]:
        """The characters that are whole with this token, and the bytes of one that is not yet."""
        spelled = pending + self.spell(token)
        text, used = utf_8_decode(spelled, "strict", False)
        return text, spelled[used:]

    def completing(self, pending: bytes) -> torch.Tensor:
        """The ids that may go on with a character begun in ``pending``.

        Shapes: ``[n] int64``; empty where the tokenizer has none.
        """
        if pending not in self._after:
            self._after[pending] = _ids(
                [index for index in self._continuing if _read_utf8(pending + self.spell(index))]
            )
        return self._after[pending]

    def without_marks(self, text: str) -> str:
        """Text in which nothing reads as a mark of the chat: whoever is quoted cannot end his turn and begin another.

        Marks stay legible.
        """
        for mark in self._marks:
            if mark in text:
                text = text.replace(mark, f"{mark[0]} {mark[1:]}" if len(mark) > 1 else " ")
        return text

    def _sort(self, index: int, inside: list[int]) -> None:
        read = _read_utf8(self._spelled[index])
        if read is None:  # the middle of a character
            return
        text, pending = read
        if _INSIDE.fullmatch(text):
            inside.append(index)
        elif not pending and (found := _CLOSING.match(text)):
            self.closing[index] = (found[1], found[2])


def _spell(name: str) -> bytes:
    try:
        return bytes([_BYTE_OF[letter] for letter in name])
    except KeyError:  # not one of those that write bytes as letters
        return name.encode()


def _read_utf8(spelled: bytes) -> tuple[str, bytes] | None:
    """The whole characters and the begun one behind them; None where it can become no UTF-8."""
    try:
        text, used = utf_8_decode(spelled, "strict", False)
    except UnicodeDecodeError:
        return None
    pending = spelled[used:]
    # The decoder waits for the end of some that have none, half of a surrogate pair. Any other has one of these two.
    width = 0 if not pending else 2 if pending[0] < 0xE0 else 3 if pending[0] < 0xF0 else 4
    fits = not pending or any(_is_utf8(pending.ljust(width, filling)) for filling in (b"\x80", b"\xbf"))
    return (text, pending) if fits else None


def _is_utf8(spelled: bytes) -> bool:
    try:
        spelled.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ids(indices: Sequence[int]) -> torch.Tensor:
    with torch.inference_mode(False):
        return torch.tensor(sorted(set(indices)), dtype=torch.long)
