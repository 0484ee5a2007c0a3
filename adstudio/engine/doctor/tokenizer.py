"""Rules on the tokenizer's files, which no weights vouch for. They are read, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...types import Note
from .findings import Case, Problem, Rule

_CHAT_MARKS = ("<|im_start|>", "<|im_end|>")
_NO_VOCABULARY = Note(
    "doctor.no_vocabulary",
    "neither tokenizer.json nor vocab.json with merges.txt can be read; download the tokenizer again.",
)
_NO_TEMPLATE = Note(
    "doctor.no_template",
    "there is no chat template, which Z-Image prompts are written in; download tokenizer_config.json or "
    "chat_template.jinja again.",
)
_NO_PAD = Note("doctor.no_pad", "no pad_token is named, which diffusers' own pipeline asks for.")
_KNOWN_IDS = {"<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645}


@dataclass(frozen=True, slots=True)
class _Tokenizer:
    """What a tokenizer's files say."""

    has_vocabulary: bool
    has_template: bool
    has_pad: bool
    ids: dict[str, int]
    largest: int


def _check(case: Case, look: Any) -> Problem | None:
    if case.sources.tokenizer.is_file():  # the pack's own
        return None
    found = read_tokenizer(case.sources.tokenizer)
    # A tokenizer without any vocabulary is one finding, not five.
    return look(found, case) if found.has_vocabulary or look is _vocabulary else None


def read_tokenizer(folder: Path) -> _Tokenizer:
    """Read what the rules ask for; a folder is read again only after one of its files has changed."""
    files = [path for path in sorted(folder.glob("*")) if path.is_file()] if folder.is_dir() else []
    return _read(folder, tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=8)
def _read(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> _Tokenizer:
    names = {name for name, _, _ in stamp}
    config, special = _json(folder, "tokenizer_config.json", names), _json(folder, "special_tokens_map.json", names)
    whole = _json(folder, "tokenizer.json", names)
    vocabulary = _json(folder, "vocab.json", names)
    if "tokenizer.json" in names:  # read instead of the others wherever it is there
        vocabulary = _table(whole.get("model")).get("vocab")
    if isinstance(vocabulary, list):  # Unigram: pairs of a word and its weight
        vocabulary = {str(pair[0]): number for number, pair in enumerate(vocabulary) if isinstance(pair, list) and pair}
    added, decoder = whole.get("added_tokens"), _table(config.get("added_tokens_decoder"))
    words = _ids(_table(vocabulary).items())
    ids = words | _ids(
        [
            *(
                (token.get("content"), token.get("id"))
                for token in map(_table, added if isinstance(added, list) else [])
            ),
            *_json(folder, "added_tokens.json", names).items(),
            *((_table(token).get("content"), number) for number, token in decoder.items()),
        ]
    )
    return _Tokenizer(
        has_vocabulary=bool(words) and ("tokenizer.json" in names or {"vocab.json", "merges.txt"} <= names),
        has_template=bool(config.get("chat_template")) or bool(names & {"chat_template.jinja", "chat_template.json"}),
        has_pad=bool(config.get("pad_token") or special.get("pad_token")),
        ids={token: ids[token] for token in _KNOWN_IDS if token in ids},
        largest=max(ids.values(), default=-1),
    )


def _json(folder: Path, name: str, names: set[str]) -> dict[str, Any]:
    if name not in names:
        return {}
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # said by the rule on files
        return {}
    return _table(content)


def _table(content: Any) -> dict[Any, Any]:
    return content if isinstance(content, dict) else {}


def _ids(told: Iterable[tuple[Any, Any]]) -> dict[str, int]:
    """The words that have a number, which is a key of JSON here and there; what is none is left out."""
    return {
        str(word): int(number)
        for word, number in told
        if isinstance(number, int) or (isinstance(number, str) and number.isdecimal())
    }


def _vocabulary(found: _Tokenizer, case: Case) -> Problem | None:
    if found.has_vocabulary:
        return None
    return Problem(_NO_VOCABULARY)


def _template(found: _Tokenizer, case: Case) -> Problem | None:
    if found.has_template:
        return None
    return Problem(_NO_TEMPLATE)


def _pad(found: _Tokenizer, case: Case) -> Problem | None:
    return None if found.has_pad else Problem(_NO_PAD)


def _marks(found: _Tokenizer, case: Case) -> Problem | None:
    lost = [mark for mark in _CHAT_MARKS if mark not in found.ids]
    if lost:
        said = "not single tokens: {marks}; prompts would be spelt out letter by letter."
        return Problem(Note("doctor.marks_split", said, marks=", ".join(lost)))
    known = case.known_as("text_encoder")
    wrong = [mark for mark in found.ids if found.ids[mark] != _KNOWN_IDS[mark]]
    if known is not None and known.name == "Z-Image" and wrong:
        told = "; ".join(f"{mark} is {found.ids[mark]}, not {_KNOWN_IDS[mark]}" for mark in wrong)
        said = "{told}: this tokenizer is another model's."
        return Problem(Note("doctor.marks_other", said, told=told, marks=", ".join(wrong)))
    return None


def _length(found: _Tokenizer, case: Case) -> Problem | None:
    rows = case.facts["text_encoder"].get("vocab_size")
    if rows is None or found.largest < rows:
        return None
    said = "the largest token is {largest}, but the encoder knows {rows}: this tokenizer is another model's."
    return Problem(Note("doctor.tokens_beyond", said, largest=found.largest, rows=rows))


def _rule(id: str, looks_at: str, right: str, look: Any) -> Rule:
    return Rule(f"tokenizer.{id}", "tokenizer", looks_at, right, False, lambda case: _check(case, look))


RULES = (
    _rule("vocabulary", "tokenizer.json, or vocab.json and merges.txt", "readable", _vocabulary),
    _rule("chat_template", "tokenizer_config.json, chat_template.jinja", "there: prompts are written in it", _template),
    _rule("pad_token", "tokenizer_config.json", "named: diffusers' pipeline pads prompts with it", _pad),
    _rule("marks", "<|im_start|>, <|im_end|>", "single tokens, with Qwen3's ids beside the known encoder", _marks),
    _rule("length", "largest token id", "below the rows of the encoder's embed_tokens", _length),
)
