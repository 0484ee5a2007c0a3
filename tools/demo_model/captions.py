"""Captions in the prompt processor's own English, and the tokenizer made from them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from adstudio.prompt.industries import industries
from adstudio.prompt.picture.assembler import scene_sentence
from adstudio.prompt.reading.entries import entries
from adstudio.prompt.styles import styles
from adstudio.types import Scene, Side

_SPACES: tuple[Side, ...] = get_args(Side)

# Qwen's split pattern and chat format, reduced to what an image prompt uses. Source: Qwen/Qwen3-4B, tokenizer files
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT = (
    "{%- for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}"
    "{{ '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")


@dataclass(frozen=True)
class Words:
    """What captions vary over. Read once from the tables: a training run must not change its words half way."""

    subjects: tuple[str, ...]
    details: tuple[str, ...]
    styles: tuple[str, ...]

    @classmethod
    def from_tables(cls) -> Words:
        """Every product, industry detail and style phrase the prompt processor can write.

        The base model sees the words of every style over photograph-like pictures and leaves style to the adapters.
        """
        return cls(
            tuple(sorted({entry.english for entry in entries() if entry.kind == "product" and entry.english})),
            tuple(sorted({entry.detail for entry in industries().values() if entry.detail})),
            tuple(style.phrase for style in styles().values()),
        )

    def caption(self, scene: Scene, rng: random.Random, style_phrase: str | None = None) -> str:
        """One caption of ``scene``; what cannot be drawn (product, detail, copy space) varies, so it is ignored."""
        count = rng.choices((0, 1, 2, 3), (0.30, 0.30, 0.15, 0.25))[
            0
        ]  # some captions must be as long as the longest brief
        return scene_sentence(
            scene,
            rng.choice(_SPACES),
            subject=rng.choice(self.subjects) if rng.random() < 0.6 else "",
            style_phrase=rng.choice(self.styles) if style_phrase is None else style_phrase,
            detail=", ".join(rng.sample(self.details, count)),
        )


def build_tokenizer(folder: Path, texts: list[str], size: int = 2048) -> None:
    """Train a Qwen-style byte-level BPE on ``texts`` and write it the way Qwen2Tokenizer is shipped."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL), initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(SPECIAL))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.model.save(str(folder))
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "bos_token": None,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 131072,
        "chat_template": CHAT,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2, ensure_ascii=False))
