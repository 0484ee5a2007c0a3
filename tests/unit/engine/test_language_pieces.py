"""What reads prompts is all that a picture brings to the device; table and last layer come for writing alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conversation import ask
from safetensors.torch import load_file

from adstudio.engine.drawing.encoding import activation_bytes, embed_tokens
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.drawing.stages import measure_sizes
from adstudio.engine.forms.language_model import reader_of, rows_of
from adstudio.engine.memory.components import Zit, load
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from benchmarks.full_size import TEXT_ENCODER
from benchmarks.gauges import counted_copies, watched_tensors

TOKENS = list(range(5, 45))
FREE = {"is_bound": False, "max_tokens": 12, "seed": 1}
LAYERS = 3  # of the tiny checkpoint's encoder
WRITERS = ("embed_tokens.", f"layers.{LAYERS - 1}.", "norm.")


def places(module: torch.nn.Module) -> set[int]:
    return {weight.data_ptr() for weight in module.parameters()}


def writers_bytes(folder: Path) -> int:
    """Of the table, the last layer and the norm, counted in the file."""
    tensors = load_file(folder / "text_encoder" / "model.safetensors")
    return sum(tensor.nbytes for name, tensor in tensors.items() if name.startswith(WRITERS))


def picture(zit: Zit, host: TorchHost) -> Any:
    zit.components.embeddings.clear()
    return text_to_image(zit, "a podium", width=64, height=64, seed=3, steps=2, host=host).images[0]


@pytest.mark.parametrize("name", ["tiny", "tiny_float"])
def test_every_state_is_transformers_own_to_the_bit(name: str, request: pytest.FixtureRequest, host: TorchHost):
    from transformers import Qwen3Model

    kind: Any = Qwen3Model
    folder = request.getfixturevalue(name)
    zit = load(folder, host)
    plain = kind.from_pretrained(folder / "text_encoder", dtype=zit.components.text_encoder.dtype).eval()
    ids = torch.tensor([TOKENS])
    with torch.inference_mode():
        states = plain(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True).hidden_states
        assert len(states) == LAYERS + 1
        assert torch.equal(embed_tokens(zit, TOKENS, host), states[-2][0])
        for layer in range(-LAYERS - 1, LAYERS + 1):
            assert torch.equal(embed_tokens(zit, TOKENS, host, layer=layer), states[layer][0]), layer
    assert not torch.equal(states[-2], states[-1])
    with pytest.raises(IndexError):
        embed_tokens(zit, TOKENS, host, layer=LAYERS + 1)


def test_the_pieces_are_the_whole_and_nothing_is_held_twice(zit: Zit):
    parts = zit.components
    reads, writes = places(parts.text_encoder), places(parts.writer)
    assert reads | writes == places(parts.language_model)
    assert not reads & writes
    assert [len(parts.text_encoder.layers), len(parts.writer.layers)] == [LAYERS - 1, 1]


def test_a_picture_neither_counts_nor_moves_what_only_writes(tiny: Path):
    host = TorchHost("cpu", copying=True, free_bytes=lambda: 2**40)
    zit = load(tiny, host)
    parts, idle = zit.components, writers_bytes(tiny)
    whole = sum(tensor.nbytes for tensor in [*parts.language_model.parameters(), *parts.language_model.buffers()])
    assert measure_sizes(zit, (64, 64)).encoder == whole - idle
    drawn = parts.transformer, parts.text_encoder, parts.vae
    with counted_copies() as moved:
        picture(zit, host)
    assert moved[0] == sum(residence_of(part).size_bytes() for part in drawn)
    assert residence_of(parts.text_encoder).device_bytes() == whole - idle
    assert not residence_of(parts.writer).is_away
    host.evict_all()


def test_it_writes_before_and_after_drawing_and_then_what_only_writes_leaves(zit: Zit, host: TorchHost, tiny: Path):
    said, drawn = ask(zit, host, **FREE).text, picture(zit, host)
    copying = TorchHost("cpu", copying=True, free_bytes=lambda: 2**40)
    parts = zit.components
    for _ in range(2):
        assert ask(zit, copying, **FREE).text == said
        assert not residence_of(parts.writer).is_away
        assert residence_of(parts.text_encoder).is_away
        np.testing.assert_array_equal(picture(zit, copying), drawn)
    with counted_copies() as moved:
        ask(zit, copying, **FREE)
        picture(zit, copying)
    assert moved[0] == writers_bytes(tiny), "the rest was there"
    copying.evict_all()
    assert ask(zit, host, **FREE).text == said


class Full(TorchHost):
    """Has no room for the last layer beside the whole of the others."""

    def __init__(self) -> None:
        super().__init__("cpu", copying=True)
        self.refused = 0

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        encoder = self.encoder
        if component is not encoder and residence_of(encoder).is_lent and not residence_of(encoder).is_streamed:
            self.refused += 1
            raise torch.OutOfMemoryError("full")
        with super().on_device(component, activation_bytes, streamed=streamed) as device:
            yield device

    encoder: Any


def test_no_room_for_the_last_layer_brings_the_others_one_by_one(zit: Zit, host: TorchHost):
    said, full = ask(zit, host, **FREE).text, Full()
    full.encoder = zit.components.text_encoder
    assert ask(zit, full, **FREE).text == said
    assert full.refused == 1
    assert residence_of(zit.components.text_encoder).is_streamed
    assert not residence_of(zit.components.writer).is_away
    full.evict_all()


def test_an_error_while_writing_leaves_the_last_layer_at_home(zit: Zit, monkeypatch: pytest.MonkeyPatch):
    from adstudio.engine.writing.decoding import Writing

    host, seen = TorchHost("cpu", copying=True), []

    def go_on(self: Writing, host: TorchHost, device: torch.device) -> None:
        seen.append(residence_of(zit.components.writer).is_away)
        raise RuntimeError("broken")

    monkeypatch.setattr(Writing, "go_on", go_on)
    with pytest.raises(RuntimeError, match="broken"):
        ask(zit, host, **FREE)
    assert seen == [True]
    assert not residence_of(zit.components.writer).is_away
    host.evict_all()


@pytest.mark.parametrize("free", [2**40, 1000], ids=["whole", "block by block"])
def test_nobody_sends_home_what_writes(free: int, zit: Zit, host: TorchHost):
    """Another host that knows nothing of the writing, and whoever moves modules out by themselves."""
    said, done, seen = ask(zit, host, **FREE).text, threading.Event(), list[bool]()
    parts = zit.components.text_encoder, zit.components.writer
    other, copying = TorchHost("cpu", copying=True), TorchHost("cpu", copying=True, free_bytes=lambda: free)

    def send_home() -> None:
        while not done.wait(0.001):
            for part in parts:
                other.release(part)
                residence_of(part).move_out()

    watch = zit.components.language_model.register_forward_hook(
        lambda *_: seen.append(all(residence_of(part).is_away for part in parts))
    )
    thread = threading.Thread(target=send_home)
    thread.start()
    try:
        assert [ask(zit, copying, **FREE).text for _ in range(3)] == [said] * 3
    finally:
        done.set()
        thread.join()
        watch.remove()
    assert len(seen) > 20 and all(seen)
    copying.evict_all()
    assert ask(zit, host, **FREE).text == said


def test_what_reading_asks_for_is_what_a_trace_of_the_real_dimensions_takes():
    from transformers import Qwen3Config, Qwen3Model

    kinds: Any = Qwen3Config, Qwen3Model
    with torch.device("meta"):
        # Every layer gives back what it took: three are as good as the real thirty-six.
        model = kinds[1](kinds[0].from_dict({**TEXT_ENCODER, "num_hidden_layers": 3})).bfloat16()
        reader = reader_of(model, 2)
        with torch.inference_mode(), watched_tensors() as peak:
            # A causal mask by name: transformers would look into one of ones, and there are no values here.
            rows = rows_of(model, [0] * 512, torch.device("meta"))
            reader(inputs_embeds=rows, attention_mask={"full_attention": None}, use_cache=False)
    assert 0.98 < activation_bytes(model, 512) / peak[0] < 1.10
