"""ComfyUI's host keeps the same contract as the plain one, over ComfyUI's own model manager in its own Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
CODE = """
import contextlib, pathlib, sys, tempfile, traceback
sys.path.insert(0, {tests!r})
import torch
import folder_paths
import comfy.model_management as mm
from torch import nn
from pack.nodes import _folders, _host, _patcher
from pack.adstudio.engine.memory.components import load, registry
from pack.adstudio.engine.drawing.sampling import text_to_image
from pack.adstudio.engine.memory.torch_host import TorchHost
from host_contract import CHECKS, META, Case
from tiny_checkpoint import build_checkpoint

work = pathlib.Path(tempfile.mkdtemp())
tiny = build_checkpoint(work / "tiny")
(work / "models/diffusers/here").mkdir(parents=True)
(work / "models/loras").mkdir()
(work / "models/loras/look.safetensors").write_bytes(b"x")
folder_paths.models_dir = str(work / "models")
for kind in ("diffusers", "loras"):
    folder_paths.folder_names_and_paths[kind] = ([str(work / "models" / kind)], set())

# `meta` stands for a card: everything on it costs nothing, and the manager must not ask a driver how much is left
free, cpu_memory = [2**40], mm.get_free_memory
def get_free_memory(device=None, torch_free_too=False):
    if device is None or torch.device(device).type != "meta":
        return cpu_memory(device, torch_free_too)
    return (free[0], 0) if torch_free_too else free[0]
mm.get_free_memory = get_free_memory
mm.soft_empty_cache = lambda *_: None

compute_device = mm.get_torch_device
class Placing(_host.ComfyHost):
    array_devices = frozenset({{"meta"}})
    @contextlib.contextmanager
    def workspace(self, work_bytes):
        mm.get_torch_device = lambda: META
        try:
            with super().workspace(work_bytes) as device:
                yield device
        finally:
            mm.get_torch_device = compute_device
    def on_device(self, component, activation_bytes=0, *, streamed=False):
        patcher = _patcher.patcher_of(component)
        patcher.load_device = META
        return super().on_device(component, activation_bytes, streamed=streamed)

def evict():
    mm.free_memory(1e30, META)
    assert not mm.current_loaded_models

def new_case():
    registry.forget()
    mm.unload_all_models()
    zit = load(tiny, _host.host())
    def draw(host, seed):
        with torch.inference_mode():  # as ComfyUI runs every node
            return text_to_image(zit, "a podium", width=64, height=64, seed=seed, steps=2, host=host).images[0]
    return zit, Case(
        computing=_host.host(), placing=Placing(), evict=evict,
        cancel=mm.interrupt_current_processing, components=zit.components, draw=draw,
        reference=lambda seed: draw(TorchHost("cpu"), seed),
        add_layer=lambda module: setattr(module, "added", nn.Linear(2, 2)), models=work / "models",
    )

answer = {{"checks": {{}}}}
for name, check in CHECKS.items():
    zit, case = new_case()
    try:
        check(case)
        answer["checks"][name] = ""
    except BaseException:
        answer["checks"][name] = traceback.format_exc()

# a component that another model pushes out goes back to its file, and only as a whole
zit, case = new_case()
parts = zit.components
before = [p.data_ptr() for p in parts.transformer.parameters()]
with case.placing.on_device(parts.transformer):
    pass
size = _patcher.patcher_of(parts.transformer).loaded_size()
free[0] = 0
with case.placing.on_device(parts.vae):
    answer["pushed_out"] = [p.data_ptr() for p in parts.transformer.parameters()] == before
    answer["newcomer"] = {{p.device.type for p in parts.vae.parameters()}} == {{"meta"}}
free[0] = 2**40
answer["true_size"] = size == sum(p.nbytes for p in parts.transformer.parameters())
answer["names"] = sorted(type(_patcher.patcher_of(m).model).__name__ for m in (parts.transformer, parts.vae))
evict()

# "Unload models": every patcher lets go, on the CPU too
patcher = _patcher.patcher_of(parts.text_encoder)
patcher.load_device = torch.device("cpu")
with _host.host().on_device(parts.text_encoder):
    answer["counted"] = patcher.loaded_size() > 0
mm.unload_all_models()
answer["freed"] = [patcher.loaded_size(), len(mm.current_loaded_models)]

import gc, weakref
ghost = weakref.ref(parts.transformer)
del zit, case, parts, patcher
registry.forget()
gc.collect()
answer["leak"] = ghost() is not None
answer["checkpoints"] = _folders.checkpoint_names()
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CODE.format(tests=str(TESTS)))


def test_the_contract(seen: dict[str, Any]):
    broken = {name: trace for name, trace in seen["checks"].items() if trace}
    assert len(seen["checks"]) >= 11
    assert not broken, "\n".join(f"{name}\n{trace}" for name, trace in broken.items())


def test_a_model_pushed_out_goes_back_to_its_file(seen: dict[str, Any]):
    assert seen["pushed_out"]
    assert seen["newcomer"]


def test_the_manager_sees_true_sizes_and_readable_names(seen: dict[str, Any]):
    assert seen["true_size"]
    assert seen["names"] == ["AutoencoderKL", "ZImageTransformer2DModel"]
    assert seen["counted"]


def test_unload_models_frees_and_nothing_leaks(seen: dict[str, Any]):
    assert seen["freed"] == [0, 0]
    assert not seen["leak"]


def test_the_embedded_checkpoint_is_first_in_the_list(seen: dict[str, Any]):
    assert seen["checkpoints"][0] == "demo (embedded)"
