"""Which encoders may write: those whose embedding is their head, and that are large enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conversation import ask
from safetensors.torch import load_file, save_file

from adstudio import config
from adstudio.chat import ChatMessage, ChatPicture
from adstudio.engine.memory.components import Zit, load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.writing.language import EncoderChat, may_write
from adstudio.errors import ProviderError


@pytest.mark.parametrize("said", ["by the configuration", "by the file"])
def test_an_encoder_with_another_head_only_reads(
    said: str, tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
):
    folder = copy_of(tiny)
    if said == "by the configuration":
        place = folder / "text_encoder" / "config.json"
        place.write_text(place.read_text().replace('"tie_word_embeddings": true', '"tie_word_embeddings": false'))
    else:
        add_head(folder, lambda embedding: embedding + 1)
    zit = load(folder, host)
    with pytest.raises(ProviderError, match="head of its own") as refused:
        ask(zit, host)
    assert refused.value.code == "language.untied"
    assert not EncoderChat(zit, host).can_write


def test_a_picture_is_refused(tiny: Path, host: TorchHost):
    shown = (ChatMessage("user", "?", (ChatPicture(b"jpeg"),)),)
    with pytest.raises(ProviderError, match="does not look at pictures") as refused:
        ask(load(tiny, host), host, shown)
    assert refused.value.code == "provider.no_vision"


def test_a_head_that_is_the_embedding_once_more_is_none_of_its_own(
    tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost
):
    folder = copy_of(tiny)
    add_head(folder, lambda embedding: embedding.clone())
    assert ask(load(folder, host), host).text == ask(load(tiny, host), host).text


def add_head(folder: Path, make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    place = folder / "text_encoder" / "model.safetensors"
    tensors = {f"model.{name}": value.clone() for name, value in load_file(place).items()}
    save_file({**tensors, "lm_head.weight": make(tensors["model.embed_tokens.weight"])}, place)


def test_only_a_large_encoder_is_taken_unasked(zit: Zit, host: TorchHost):
    from transformers import Qwen3Config, Qwen3Model

    assert not EncoderChat(zit, host).can_write
    embedded = load(config.EMBEDDED_NAME, host)
    assert not EncoderChat(embedded, host).can_write
    assert not may_write(embedded.checkpoint)
    with torch.device("meta"):
        large = Qwen3Model(
            Qwen3Config(
                num_hidden_layers=28,
                hidden_size=1024,
                intermediate_size=3072,
                num_attention_heads=16,
                num_key_value_heads=8,
                tie_word_embeddings=True,
            )
        )
    chat = EncoderChat(replace(zit, components=replace(zit.components, language_model=large)), host)
    assert chat.can_write
    assert chat.model.startswith("Qwen3 0.6B of ")
