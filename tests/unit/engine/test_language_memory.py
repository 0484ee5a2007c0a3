"""The encoder writes with the weights it has, wherever they are, and goes on with less memory when some runs out."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoint_forms import (
    fp8_scaled,
    is_encoder_matrix,
    llama_names,
    prefixed,
    tensors_of,
    write,
    write_gguf,
    write_split,
)
from conversation import ask
from tiny_checkpoint import build_checkpoint
from torch.overrides import TorchFunctionMode

from adstudio.engine.drawing.encoding import embed_tokens
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.writing import decoding
from adstudio.engine.writing.decoding import Writing
from benchmarks.gauges import anonymous, watched_peak

FREE = {"is_bound": False, "max_tokens": 24, "seed": 1}


class Weights(TorchFunctionMode):
    """Notes the memory of every matrix that something is multiplied with."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, tuple[int, ...]] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.nn.functional.linear, torch.nn.functional.embedding):
            weight = args[1]
            self.seen[weight.untyped_storage().data_ptr()] = tuple(weight.shape)
        return func(*args, **(kwargs or {}))


def storages(module: torch.nn.Module) -> set[int]:
    return {weight.untyped_storage().data_ptr() for weight in module.parameters()}


@pytest.fixture
def own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave matrices as they are: a processor without bf16 widens each for a moment."""
    monkeypatch.setattr(decoding, "wide_products", lambda *_: nullcontext())


@pytest.mark.usefixtures("own_width")
@pytest.mark.parametrize("is_bound", [True, False])
def test_every_matrix_is_the_encoders_own(zit: Zit, host: TorchHost, is_bound: bool):
    encoder = zit.components.language_model
    own, homes = storages(encoder), [weight.data_ptr() for weight in encoder.parameters()]
    with Weights() as used:
        ask(zit, host, is_bound=is_bound, max_tokens=40)
    assert used.seen.keys() <= own
    assert encoder.embed_tokens.weight.untyped_storage().data_ptr() in used.seen
    assert len(used.seen) > 10
    assert [weight.data_ptr() for weight in encoder.parameters()] == homes


def test_the_head_is_the_embedding_where_the_embedding_is_now(zit: Zit, monkeypatch: pytest.MonkeyPatch):
    """On a device the embedding is a copy that the host put there; the one at home must not be taken."""
    heads, encoder, host = [], zit.components.language_model, TorchHost("cpu", copying=True)
    home, real = encoder.embed_tokens.weight.data_ptr(), torch.nn.functional.linear

    def linear(x: Any, weight: Any, bias: Any = None) -> Any:
        if len(weight) == encoder.config.vocab_size:
            heads.append((weight.data_ptr(), encoder.embed_tokens.weight.data_ptr()))
        return real(x, weight, bias)

    monkeypatch.setattr(torch.nn.functional, "linear", linear)
    ask(zit, host, **FREE)
    assert heads
    assert all(head == now != home for head, now in heads)
    host.evict_all()
    assert encoder.embed_tokens.weight.data_ptr() == home


@pytest.mark.usefixtures("own_width")
def test_writing_takes_no_memory_for_weights(tmp_path: Path, host: TorchHost):
    shape = {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 8, "head_dim": 128}
    folder = build_checkpoint(tmp_path / "wide", encoder={**shape, "num_hidden_layers": 2, "vocab_size": 50_000})
    zit = load(folder, host)
    weights = sum(weight.nbytes for weight in zit.components.language_model.parameters())
    assert weights > 150 * 2**20
    ask(zit, host, max_tokens=8, is_bound=False)  # what torch itself takes for such products
    gc.collect()
    before = anonymous()
    with watched_peak() as peak:
        ask(zit, host, **FREE)
    assert peak[0] - before < weights / 8
    assert anonymous() - before < weights / 16


@contextmanager
def watched_streaming(zit: Zit, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    seen, real = [], Writing._logits

    def logits(self: Writing, device: torch.device) -> torch.Tensor:
        seen.append(residence_of(zit.components.text_encoder).is_streamed)
        return real(self, device)

    with monkeypatch.context() as patch:
        patch.setattr(Writing, "_logits", logits)
        yield seen


def test_placed_whole_or_block_by_block_it_writes_the_same(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    expected, embedded = ask(zit, host, **FREE), embed_tokens(zit, [1, 2, 3], host)
    homes = [weight.data_ptr() for weight in zit.components.language_model.parameters()]
    for free, is_streamed in ((2**40, False), (1000, True)):
        copying = TorchHost("cpu", copying=True, free_bytes=lambda free=free: free)
        with watched_streaming(zit, monkeypatch) as seen:
            assert ask(zit, copying, **FREE).text == expected.text
        assert set(seen) == {is_streamed}
        assert torch.equal(embed_tokens(zit, [1, 2, 3], copying, streamed=is_streamed), embedded)
        copying.release(zit.components.text_encoder)
        assert [weight.data_ptr() for weight in zit.components.language_model.parameters()] == homes
        assert ask(zit, copying, **FREE).text == expected.text
        copying.evict_all()


@pytest.mark.parametrize("is_bound", [True, False])
def test_it_goes_on_with_less_when_memory_runs_out(
    zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch, is_bound: bool
):
    how = {**FREE, "is_bound": is_bound, "max_tokens": 60}
    expected = ask(zit, host, **how)
    copying = TorchHost("cpu", copying=True)
    calls = fail_at(zit, monkeypatch, 5)
    said = ask(zit, copying, **how)
    assert (said.text, said.output_tokens) == (expected.text, expected.output_tokens)
    assert calls[5] > said.input_tokens, "what was written is read again"
    assert residence_of(zit.components.text_encoder).is_streamed
    copying.evict_all()


def test_memory_that_runs_out_for_good_is_said_as_it_is(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    expected = ask(zit, host, **FREE).text
    with monkeypatch.context() as patch:
        fail_at(zit, patch, *range(5, 30))
        with pytest.raises(torch.OutOfMemoryError):
            ask(zit, TorchHost("cpu", copying=True), **FREE)
    assert registry.drawing.acquire(timeout=1)
    registry.drawing.release()
    host = TorchHost("cpu", copying=True)
    assert ask(zit, host, **FREE).text == expected
    host.evict_all()


def fail_at(zit: Zit, monkeypatch: pytest.MonkeyPatch, *turns: int) -> list[int]:
    encoder, calls = zit.components.language_model, []
    real = encoder.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        calls.append(kwargs["input_ids"].shape[1])
        if len(calls) in turns:
            raise torch.OutOfMemoryError("full")
        return real(*args, **kwargs)

    monkeypatch.setattr(encoder, "forward", forward)
    return calls


def test_adapters_have_no_say_in_what_is_written(zit: Zit, host: TorchHost):
    from adstudio.engine.lora.uses import LoraUse

    dressed = replace(zit, loras=(LoraUse(Path("nowhere.safetensors"), 1.0),))
    assert ask(dressed, host, **FREE).text == ask(zit, host, **FREE).text


def test_what_writing_needs_goes_with_the_checkpoint(tmp_path: Path, host: TorchHost):
    registry.forget()
    zit = load(build_checkpoint(tmp_path / "gone"), host)
    ask(zit, host, **FREE)
    kept = [weakref.ref(zit.components.vocabulary), weakref.ref(zit.components.text_encoder)]
    del zit
    registry.forget()
    gc.collect()
    assert [reference() for reference in kept] == [None, None]


@pytest.mark.parametrize("form", ["split", "fp8 scaled", "gguf"])
def test_every_form_of_an_encoder_writes(form: str, typical: Path, tmp_path: Path, host: TorchHost):
    tensors = tensors_of(typical, "text_encoder")
    transformer = write_split(typical, tmp_path)
    encoder = tmp_path / "text_encoders" / "one.safetensors"
    if form == "fp8 scaled":
        write(encoder, prefixed(fp8_scaled(tensors, is_encoder_matrix), "model."))
    if form == "gguf":
        encoder.unlink()
        encoder = write_gguf(encoder.with_suffix(".gguf"), llama_names(tensors), "BF16", is_encoder_matrix)
    vae = str(tmp_path / "vae" / "two.safetensors")
    zit = load(transformer, host, text_encoder=str(encoder), vae=vae)
    said = ask(zit, host, **FREE)
    assert said.output_tokens == 24
    assert encoder.name in said.model
    if form != "fp8 scaled":  # which has lost some of its bits
        assert said.text == ask(load(typical, host), host, **FREE).text
