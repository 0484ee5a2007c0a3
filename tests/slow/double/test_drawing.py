"""Drawing on a card made of Python: the processor's picture to the bit, and no wait for the card inside the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from conversation import ask
from device_double import Card, on_card
from lora_files import peft, random_pairs, save

from adstudio.engine.drawing import denoise, latents, preview
from adstudio.engine.drawing.encoding import embed_tokens
from adstudio.engine.drawing.options import FP8_PRODUCTS, FP8_WEIGHTS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory import lane
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.streaming import find_blocks
from adstudio.engine.memory.torch_host import TorchHost

Draw = Callable[[Zit, TorchHost], Any]
PHOTO = np.random.default_rng(0).random((64, 96, 3), dtype=np.float32)
MASK = np.zeros((64, 96), np.float32)
MASK[16:48, 32:64] = 1


def words(zit: Zit, host: TorchHost, **more: Any) -> Any:
    zit.components.embeddings.clear()
    return text_to_image(zit, "a podium", width=64, height=96, seed=3, steps=3, host=host, **more)


def photo(zit: Zit, host: TorchHost, **more: Any) -> Any:
    zit.components.embeddings.clear()
    return image_to_image(zit, "a podium", PHOTO, strength=0.6, seed=3, steps=3, host=host, **more)


WAYS: dict[str, Draw] = {
    "words": words,
    "several in one pass": lambda zit, host: words(replace(zit, options=Options(one_pass=True)), host, batch=3),
    "over a photo": photo,
    "inside a mask": lambda zit, host: photo(zit, host, mask=MASK),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_is_the_processors_to_the_bit(way: str, zit: Zit, home: TorchHost, host: TorchHost, card: Card):
    expected = WAYS[way](zit, home)
    assert card.waits == [], "nothing was on the card yet"
    drawn = WAYS[way](zit, host)
    assert residence_of(zit.components.transformer).is_away
    for one, other in zip(drawn.images, expected.images, strict=True):
        np.testing.assert_array_equal(one, other)
    assert torch.equal(drawn.latents, expected.latents)


class Streaming(TorchHost):
    """Has blocks on the card one by one."""

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        with super().on_device(component, activation_bytes, streamed=True) as device:
            yield device


def loops(card: Card, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str]]]:
    """What the host waits for, and what it sends, in the loop of each pass. The previews have a test of their own."""
    seen, real = [], denoise.denoise

    def run(transformer: Any, scheduler: Any, cells: Any, words: Any, on_step: Any, *more: Any) -> Any:
        steps = []

        def count(number: int, *given: Any) -> None:
            steps.append((len(card.waits), len(card.sent)))
            on_step(number, *given)

        waited, sent = len(card.waits), len(card.sent)
        drawn = real(transformer, scheduler, cells, words, count, *more)
        seen.append((card.waits[waited:], card.sent[sent:]))
        return drawn

    monkeypatch.setattr(denoise, "denoise", run)
    monkeypatch.setattr(preview.Previews, "draw", lambda *_: None)
    return seen


@pytest.mark.parametrize("way", WAYS)
def test_the_host_never_waits_in_the_loop(
    way: str, zit: Zit, host: TorchHost, card: Card, monkeypatch: pytest.MonkeyPatch
):
    seen = loops(card, monkeypatch)
    WAYS[way](zit, host)
    WAYS[way](zit, host)
    assert [waits for waits, _ in seen] == [[], []]
    assert card.waits, "outside of it what was drawn is fetched"
    pictures = 3 if way == "several in one pass" else 1
    assert len(seen[1][1]) == pictures, "a later pass sends each picture's prompt, and nothing else"


def test_a_wait_in_the_loop_is_seen(zit: Zit, host: TorchHost, card: Card, monkeypatch: pytest.MonkeyPatch):
    seen, real = loops(card, monkeypatch), denoise.mix_noise
    monkeypatch.setattr(denoise, "mix_noise", lambda clean, noise, level: real(clean, noise, float(level)))
    photo(zit, host, mask=MASK)
    assert len(seen[0][0]) == 2, "one for each of the two levels"


OPTIONS = {
    "8-bit weights": Options(precision=FP8_WEIGHTS),
    "8-bit weights, streamed": Options(precision=FP8_WEIGHTS),
    "8-bit products": Options(precision=FP8_PRODUCTS),
    "plain attention": Options(attention="math"),
}


@pytest.mark.parametrize("kind", ["style", "style, streamed", "two styles", *OPTIONS])
def test_styles_and_options_draw_and_wait_alike(
    kind: str, zit: Zit, home: TorchHost, card: Card, device: torch.device, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    files = [save(tmp_path, peft(random_pairs(zit.components.linears, seed)), f"style{seed}") for seed in (1, 2)]
    if "style" in kind:
        zit = with_loras(zit, [LoraUse(file, 0.7) for file in files[: 2 if "two" in kind else 1]])
    else:
        zit = with_options(zit, OPTIONS[kind], home)
    expected = words(zit, home)
    host = (Streaming if "streamed" in kind else TorchHost)(str(device), model_dirs=[], free_bytes=lambda: 2**40)
    seen = loops(card, monkeypatch)
    for _ in range(2):
        np.testing.assert_array_equal(words(zit, host).images[0], expected.images[0])
    assert [waits for waits, _ in seen] == [[], []]
    assert residence_of(zit.components.transformer).is_streamed == ("streamed" in kind)
    host.evict_all()
    assert not any(map(on_card, zit.components.transformer.state_dict().values()))
    np.testing.assert_array_equal(words(zit, home).images[0], expected.images[0])


def test_blocks_one_by_one_draw_the_same(zit: Zit, home: TorchHost, card: Card, device: torch.device):
    host = Streaming(str(device), model_dirs=[], free_bytes=lambda: 2**40)
    expected = [draw(zit, home).images[0] for draw in (words, photo)]
    for draw, picture in zip((words, photo), expected, strict=True):
        np.testing.assert_array_equal(draw(zit, host).images[0], picture)
    for part in (zit.components.transformer, zit.components.text_encoder, zit.components.vae):
        assert residence_of(part).is_streamed
        assert any(map(on_card, [*part.parameters(), *part.buffers()]))
        assert not any(on_card(weight) for block in find_blocks(part) for weight in block.parameters())
    host.evict_all()


def test_tiles_are_decoded_and_encoded_the_same(zit: Zit, card: Card, device: torch.device):
    vae = zit.components.vae
    picture = latents.to_picture(np.random.default_rng(1).random((64, 96, 3), dtype=np.float32), (96, 64))
    host = TorchHost(str(device), model_dirs=[], free_bytes=lambda: 2**40)
    found = {}
    for name, lender in {"home": TorchHost("cpu"), "card": host}.items():
        with torch.inference_mode(), lender.on_device(vae) as where:
            cells = latents.encode_picture(vae, picture, where, 64)
            assert on_card(cells) == (name == "card")
            found[name] = cells.cpu(), latents.decode_latents(vae, cells, where, 64).cpu()
    assert all(torch.equal(one, other) for one, other in zip(found["home"], found["card"], strict=True))
    host.evict_all()


def test_a_preview_waits_for_the_one_before_it_alone(
    zit: Zit, card: Card, device: torch.device, monkeypatch: pytest.MonkeyPatch
):
    """As on CUDA, whose events are played here: each is set behind a copy, and waited for one preview later."""
    log: list[str] = []

    class Event:
        made = 0

        def __init__(self) -> None:
            Event.made += 1
            self.number = Event.made

        def record(self, stream: str) -> None:
            log.append(f"set {self.number} on {stream}")

        def synchronize(self) -> None:
            log.append(f"wait {self.number}")

    api = SimpleNamespace(Event=Event, current_stream=lambda device: f"{device}'s")
    monkeypatch.setattr(torch, "get_device_module", lambda _: api)
    monkeypatch.setattr(lane, "ASYNC_DEVICES", {device.type})
    factors = preview.fit_factors(zit.components.vae, torch.device("cpu"))
    guesses = [torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    at_home = [preview.Previews(factors, torch.device("cpu")).draw(guess) for guess in guesses]
    drawer = preview.Previews(factors, device)
    there = [guess.to(device) for guess in guesses]
    before = len(card.waits)
    drawn = [drawer.draw(guess) for guess in there]
    assert card.waits[before:] == []
    assert log == ["set 1 on card:0's", "wait 1", "set 2 on card:0's", "wait 2", "set 3 on card:0's"]
    assert drawn[0] is None
    np.testing.assert_array_equal(drawn[1:], at_home[:2])


def test_prompts_are_read_and_words_written_the_same(zit: Zit, home: TorchHost, host: TorchHost, card: Card):
    tokens = list(range(5, 40))
    with torch.inference_mode():
        expected = [embed_tokens(zit, tokens, home, layer=layer) for layer in (-1, -2, -3)]
        found = [embed_tokens(zit, tokens, host, layer=layer) for layer in (-1, -2, -3)]
    assert all(map(torch.equal, found, expected))
    host.evict_all()
    for is_bound in (True, False):
        said = ask(zit, home, is_bound=is_bound, max_tokens=24, seed=1).text
        assert not on_card(zit.components.text_encoder.layers[0].input_layernorm.weight)
        assert ask(zit, host, is_bound=is_bound, max_tokens=24, seed=1).text == said
        assert on_card(zit.components.text_encoder.layers[0].input_layernorm.weight)
        assert not any(map(on_card, zit.components.writer.parameters())), "it left with the answer"
        host.evict_all()
