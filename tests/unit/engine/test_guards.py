"""Many threads may load, draw, evict, release and forget at once: nothing is loaded twice, nothing breaks."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lora_files import peft, random_pairs, save

from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.forms import assembly
from adstudio.engine.forms.language_model import rows_of
from adstudio.engine.lora import adapters
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory import residence
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.streaming import find_blocks
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.ports import Cancelled
from adstudio.types import Array

PATIENCE_S = 300


@pytest.fixture(autouse=True)
def empty_registry() -> Iterator[None]:
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every transformer that is built."""
    built, real = [], assembly.build_transformer

    def build(part: Any, watcher: Any) -> Any:
        built.append(part.files[0].parent.parent.name)
        return real(part, watcher)

    monkeypatch.setattr(assembly, "build_transformer", build)
    return built


def draw(zit: Zit, host: TorchHost, seed: int = 2, prompt: str = "a marble podium") -> Array:
    return text_to_image(zit, prompt, width=64, height=64, seed=seed, steps=2, host=host).images[0]


def modules_of(zit: Zit) -> list[torch.nn.Module]:
    return [zit.components.text_encoder, zit.components.transformer, zit.components.vae]


def together(*works: Callable[[], None]) -> None:
    """Run all at once; whatever one raises comes out here, and nothing may hang."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the guards wait for each other"
    if failures:
        raise failures[0]


def test_load_draw_evict_release_and_forget_all_at_once(tiny: Path, other: Path, builds: list[str]):
    host = TorchHost("cpu", model_dirs=[], copying=True)
    expected = {path: [draw(load(path, host), host, seed) for seed in (1, 2)] for path in (tiny, other)}
    assert not np.array_equal(expected[tiny][0], expected[other][0])
    builds.clear()
    stop, wrong = threading.Event(), []

    def drawing(path: Path) -> Callable[[], None]:
        def work() -> None:
            for turn in range(4):
                zit = load(path, host)
                seed = 1 + turn % 2
                if not np.array_equal(draw(zit, host, seed), expected[path][seed - 1]):
                    wrong.append((path.name, seed))

        return work

    def disturbing(number: int) -> Callable[[], None]:
        def work() -> None:
            dice = random.Random(number)
            while not stop.wait(0.005):
                if dice.random() < 0.5:
                    host.evict_all()
                else:
                    host.release(dice.choice(modules_of(load(tiny, host))))
                host.free_bytes()

        return work

    def all_drawing() -> None:
        try:
            together(*(drawing(path) for path in (tiny, other, tiny, other)))
        finally:
            stop.set()

    together(all_drawing, disturbing(1), disturbing(2))
    assert not wrong
    assert not builds, "a checkpoint that is known was loaded again"
    assert not any(residence_of(module).is_lent for module in modules_of(load(tiny, host)))


def test_forgetting_while_others_draw(tiny: Path):
    host, stop = TorchHost("cpu", model_dirs=[], copying=True), threading.Event()
    expected = draw(load(tiny, host), host)

    def drawing() -> None:
        for _ in range(5):
            np.testing.assert_array_equal(draw(load(tiny, host), host), expected)

    def forgetting() -> None:
        while not stop.wait(0.01):
            registry.forget()

    def all_drawing() -> None:
        try:
            together(drawing, drawing)
        finally:
            stop.set()

    together(all_drawing, forgetting)


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_in_use_stays_until_it_is_given_back(zit: Zit, streamed: bool):
    """Two hosts, the second of which knows nothing of the first one's borrower."""
    host, second = TorchHost("cpu", copying=True), TorchHost("cpu", copying=True)
    encoder = zit.components.text_encoder
    angles = encoder.rotary_emb  # in no block: it is on the device the whole time
    home = angles.inv_freq.data_ptr()
    rows = rows_of(zit.components.language_model, [1, 2, 3], torch.device("cpu"))
    expected = encoder(inputs_embeds=rows).last_hidden_state
    with host.on_device(encoder, streamed=streamed):
        with second.on_device(encoder):
            pass
        second.evict_all()
        second.release(encoder)
        residence_of(encoder).move_out()
        assert angles.inv_freq.data_ptr() != home
        assert torch.equal(encoder(inputs_embeds=rows).last_hidden_state, expected)
    assert angles.inv_freq.data_ptr() == home, "what was to leave has left with its last borrower"
    assert type(encoder.layers[0]).__name__ == "Qwen3DecoderLayer"
    assert not residence_of(encoder).is_streamed


def test_nobody_moves_a_module_while_adapters_are_put_on(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    host = TorchHost("cpu", model_dirs=[], copying=True)
    zit = load(tiny, host)
    styled = with_loras(zit, [LoraUse(save(tmp_path, peft(random_pairs(zit.components.linears, 1)), "style"))])
    expected = draw(styled, host)
    draw(zit, host)
    evicting, waited, real = threading.Thread(target=host.evict_all), [], adapters.Rack.put_on

    def put_on(rack: Any, *given: Any) -> None:
        evicting.start()
        evicting.join(0.3)
        waited.append(evicting.is_alive())
        real(rack, *given)

    monkeypatch.setattr(adapters.Rack, "put_on", put_on)
    np.testing.assert_array_equal(draw(styled, host), expected)
    evicting.join(PATIENCE_S)
    assert waited == [True]


def test_a_checkpoint_whose_files_changed_leaves_the_device(tiny: Path, tmp_path: Path):
    folder, host = Path(shutil.copytree(tiny, tmp_path / "mine")), TorchHost("meta")
    zit = load(folder, host)
    ghosts = [weakref.ref(module) for module in modules_of(zit)]
    for module in modules_of(zit):
        with host.on_device(module):
            pass
    del zit, module
    os.utime(folder / "vae" / "config.json", (1, 1))
    load(folder, host)
    assert [ghost() for ghost in ghosts] == [None] * 3


def test_a_forgotten_checkpoint_leaves_the_device(tiny: Path):
    host = TorchHost("meta")
    zit = load(tiny, host)
    ghosts = [weakref.ref(module) for module in modules_of(zit)]
    for streamed, module in zip((False, True, False), modules_of(zit), strict=True):
        with host.on_device(module, streamed=streamed):
            pass
    del zit, module
    registry.forget()
    assert [ghost() for ghost in ghosts] == [None] * 3
    host.evict_all()


class StoppingHost(TorchHost):
    """Cancels at the n-th question."""

    def __init__(self, number: int) -> None:
        super().__init__("cpu", model_dirs=[])
        self.left = number

    def check_cancelled(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_cancel_during_load_leaves_the_registry_clean(tiny: Path, builds: list[str]):
    for number in (0, 1, 2):
        with pytest.raises(Cancelled):
            load(tiny, StoppingHost(number))
        assert not registry._kept
    builds.clear()
    patient = StoppingHost(1000)
    assert load(tiny, patient).components is load(tiny, patient).components
    assert builds == ["bf16"]


def _load_and_draw(path: Path, start: Any, answers: Any) -> None:
    torch.set_num_threads(1)
    registry.__init__()  # locks of the parent's threads are not ours
    start.wait()
    host = TorchHost("cpu", model_dirs=[])
    answers.put(draw(load(path, host), host).tobytes())


def test_two_processes_load_the_same_files_at_once(tiny: Path):
    host = TorchHost("cpu", model_dirs=[])
    expected = draw(load(tiny, host), host).tobytes()
    ways = multiprocessing.get_context("fork")
    start, answers = ways.Event(), ways.Queue()
    processes = [ways.Process(target=_load_and_draw, args=(tiny, start, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    start.set()
    assert [answers.get(timeout=PATIENCE_S) for _ in processes] == [expected] * 2
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def test_garbage_is_collected_after_every_fifth_generation(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    collected: list[int] = []
    monkeypatch.setattr(registry, "_runs", 0)
    draw(zit, host)
    monkeypatch.setattr(registry, "_runs", 0)
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(registry._runs))
    for seed in range(11):
        draw(zit, host, seed=seed)
    assert collected == [5, 10]


STAGES = {
    "placing the encoder": ("text_encoder", "placing"),
    "encoding": ("text_encoder", "working"),
    "placing the transformer": ("transformer", "placing"),
    "denoising": ("transformer", "working"),
    "placing the VAE": ("vae", "placing"),
    "decoding": ("vae.decoder", "working"),
    "encoding a photo": ("vae.encoder", "working"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_memory_that_runs_out_for_good_is_said_and_the_next_run_is_right(
    tiny: Path, stage: str, monkeypatch: pytest.MonkeyPatch
):
    host = TorchHost("cpu", model_dirs=[], copying=True)
    zit = load(tiny, host)
    photo = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)

    def redraw() -> Array:
        zit.components.embeddings.clear()
        return image_to_image(zit, "a podium", photo, strength=0.7, seed=3, steps=3, host=host).images[0]

    expected = redraw()
    host.evict_all()
    places = [[tensor.data_ptr() for tensor in module.parameters()] for module in modules_of(zit)]
    name, kind = STAGES[stage]
    failing: Any = zit.components
    for step in name.split("."):
        failing = getattr(failing, step)
    with monkeypatch.context() as patched:
        if kind == "placing":
            streamed = {id(parameter) for block in find_blocks(failing) for parameter in block.parameters()}
            # one that has to be there on every rung
            victim = next(each for each in [*failing.parameters(), *failing.buffers()] if id(each) not in streamed)
            real = residence._copy

            def copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
                if tensor is victim:
                    raise torch.OutOfMemoryError("injected")
                return real(tensor, device)

            patched.setattr(residence, "_copy", copy)
        else:

            def fail(*_: Any) -> None:
                raise torch.OutOfMemoryError("injected")

            hook = failing.register_forward_pre_hook(fail)
        with pytest.raises(torch.OutOfMemoryError, match="injected"):
            redraw()
        if kind == "working":
            hook.remove()
    assert not any(residence_of(module).is_lent for module in modules_of(zit))
    np.testing.assert_array_equal(redraw(), expected)
    host.evict_all()
    assert [[tensor.data_ptr() for tensor in module.parameters()] for module in modules_of(zit)] == places
