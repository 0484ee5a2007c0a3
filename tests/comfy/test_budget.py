"""ComfyUI's real model manager on a card of an L4's size: the three parts stay side by side, and leave for others.

``meta`` stands for the card. The modules have the real sizes; their home is memory that is asked for and never touched.
The manager is only told how much of the card is taken.
"""

from __future__ import annotations

from typing import Any

import pytest

GIB = 2**30
CODE = """
import gc
import torch
import comfy.model_management as mm
import comfy.model_patcher
from torch import nn
from pack.nodes import _host, _patcher
from pack.adstudio.engine.memory import residence
from pack.adstudio.engine.memory.residence import residence_of

META, GIB = torch.device("meta"), 2**30
TOTAL = 22.0 * GIB  # what a 24 GB card shows beside its driver's context

def part(name, size, blocks):
    module = type(name, (nn.Module,), {})()
    flat = lambda bytes: nn.Parameter(torch.empty(bytes, dtype=torch.uint8), requires_grad=False)
    share = size * 9 // 10 // blocks // 256 * 256
    module.small = flat(size - blocks * share)
    module.layers = nn.ModuleList(nn.ParameterList([flat(share)]) for _ in range(blocks))
    return module

transformer = part("Transformer", 12_309_817_472, 34)
encoder = part("Encoder", 8_044_936_192, 36)
vae = part("Vae", 167_639_366, 8)
parts = {"transformer": transformer, "encoder": encoder, "vae": vae}
class Foreign(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(10 * GIB, dtype=torch.uint8, device="meta"), requires_grad=False)
foreign = comfy.model_patcher.ModelPatcher(Foreign(), META, META, size=10 * GIB)

cpu_memory = mm.get_free_memory
def get_free_memory(device=None, torch_free_too=False):
    if device is None or torch.device(device).type != "meta":
        return cpu_memory(device, torch_free_too)
    free = TOTAL - sum(residence_of(module).device_bytes() for module in parts.values())
    free -= sum(entry.model.model_size() for entry in mm.current_loaded_models if entry.model is foreign)
    return (free, 0) if torch_free_too else free
mm.get_free_memory = get_free_memory
mm.soft_empty_cache = lambda *_: None
mm.get_torch_device = lambda: META
mm.vram_state = mm.VRAMState.NORMAL_VRAM  # the server of the test was started for a CPU

moved, real = [0], residence._copy
def copy(tensor, device):
    moved[0] += tensor.nbytes
    return real(tensor, device)
residence._copy = copy

host = _host.host()
def borrow(name, work=0.0, **how):
    with host.on_device(parts[name], int(work * GIB), **how):
        pass
def there():
    return [name for name, module in parts.items() if residence_of(module).is_away]
def empty():
    mm.free_memory(1e30, META)
    mm.current_loaded_models.clear()
def anonymous():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("RssAnon"))) * 1024

# what each kind of run borrows, with the work at 1024x1024
text = [("transformer", 0), ("encoder", 0.13), ("transformer", 0.6), ("vae", 1.5)]
image = [("vae", 1.5), *text]
answer = {"rss": anonymous(), "runs": []}
for name, run in [("text", text), ("seed", text[2:]), ("prompt", text), ("image", image), ("text again", text)]:
    before = moved[0]
    for step in run:
        borrow(*step)
    answer["runs"].append([name, there(), moved[0] - before])
empty()
answer["image first"] = []
for step in image:
    borrow(*step)
    answer["image first"].append(there())
answer["all"] = sum(residence_of(module).size_bytes() for module in parts.values())

# the order decides: the manager wants a tenth more than a model takes, which is there while the card is empty
def kept_after(first, second, work):
    empty()
    borrow(first, work if first == "transformer" else 0.13)
    borrow(second, work if second == "transformer" else 0.13)
    return len(there()) == 2
steps = [index / 10 for index in range(41)]
answer["most work, encoder first"] = max(work for work in steps if kept_after("encoder", "transformer", work))
answer["most work, transformer first"] = max(work for work in steps if kept_after("transformer", "encoder", work))
def stays(work):
    empty()
    for name in ("transformer", "encoder", "vae"):
        borrow(name)
    borrow("transformer", work)
    return len(there()) == 3
answer["most work, all resident"] = max(work for work in steps if stays(work))

# room: all of it, whoever is there now, less what the manager keeps for itself
empty()
answer["room"] = [host.free_bytes()]
for step in text:
    borrow(*step)
answer["room"].append(host.free_bytes())

# another model pushes out what it needs, and goes again for ours
mm.load_models_gpu([foreign], memory_required=GIB)
answer["beside another"] = there()
answer["room"].append(host.free_bytes())
for step in text:
    borrow(*step)
answer["back"] = [there(), any(entry.model is foreign for entry in mm.current_loaded_models)]

# streamed, a model counts for what it takes: nothing else has to go
empty()
borrow("encoder")
borrow("vae")
before = _patcher.patcher_of(transformer).model_size()
borrow("transformer", 0.6, streamed=True)
patcher = _patcher.patcher_of(transformer)
answer["streamed"] = [there(), patcher.model_size(), patcher.loaded_size(), residence_of(transformer).device_bytes()]
mm.load_models_gpu([foreign], memory_required=GIB)
answer["streamed beside another"] = there()
mm.unload_all_models = None
empty()
answer["freed"] = [there(), patcher.loaded_size()]
borrow("transformer")
answer["whole again"] = [patcher.model_size(), patcher.loaded_size()]

# what is lent is not pushed out, though there is no room
empty()
with host.on_device(transformer):
    with host.on_device(encoder, 12 * GIB):
        answer["lent"] = there()
        mm.free_memory(1e30, META)
        answer["lent and unloaded"] = there()
    answer["given back"] = there()
answer["all given back"] = there()

# every state that a start flag may put the manager into
answer["states"] = {}
for state in mm.VRAMState:
    mm.vram_state = state
    for smart in (True, False):
        mm.DISABLE_SMART_MEMORY = not smart
        empty()
        seen = []
        for streamed in (False, True):
            with host.on_device(transformer, GIB, streamed=streamed), host.on_device(vae, GIB):
                kinds = {tensor.device.type for tensor in transformer.layers.parameters()}
                seen.append([sorted(kinds), transformer.small.device.type, vae.small.device.type])
        empty()
        seen.append(there())
        answer["states"][f"{state.name} {smart}"] = seen
answer["rss"] = anonymous() - answer["rss"]
"""
ALL = ["transformer", "encoder", "vae"]


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CODE)


def test_all_three_stay_over_prompts_seeds_and_kinds(seen: dict[str, Any]):
    assert seen["all"] == pytest.approx(19.11 * GIB, rel=0.001)
    names, held, moved = zip(*seen["runs"], strict=True)
    assert names == ("text", "seed", "prompt", "image", "text again")
    assert list(held) == [ALL] * 5
    assert moved == (seen["all"], 0, 0, 0, 0)
    assert seen["image first"][-1] == ALL
    assert seen["image first"][0] == ["vae"]


def test_the_transformer_goes_first(seen: dict[str, Any]):
    assert seen["most work, encoder first"] < 1.6, "the encoder would be pushed out at 2048x2048"
    assert seen["most work, transformer first"] >= 3.0
    assert seen["most work, all resident"] >= 2.4, "GiB for the work beside the weights"


def test_the_room_counts_what_could_leave(seen: dict[str, Any]):
    reserved = 400 * 2**20
    assert seen["room"] == pytest.approx([22.0 * GIB - reserved] * 3)


def test_other_models_come_and_go(seen: dict[str, Any]):
    assert "transformer" not in seen["beside another"]
    held, foreign_is_there = seen["back"]
    assert held == ALL
    assert not foreign_is_there


def test_a_streamed_model_counts_for_what_it_takes(seen: dict[str, Any]):
    held, size, loaded, placed = seen["streamed"]
    assert held == ALL
    assert size == loaded == placed
    assert size < 2.1 * GIB
    assert set(seen["streamed beside another"]) >= {"transformer", "encoder"}, "there was room for all"
    assert seen["freed"] == [[], 0]
    assert seen["whole again"] == [12_309_817_472] * 2


def test_what_is_lent_is_not_pushed_out(seen: dict[str, Any]):
    assert seen["lent"] == ["transformer", "encoder"]
    assert seen["lent and unloaded"] == ["transformer", "encoder"]
    assert seen["given back"] == ["transformer"]
    assert seen["all given back"] == []


def test_every_state_of_the_manager(seen: dict[str, Any]):
    whole, streamed = [["meta"], "meta", "meta"], [["cpu"], "meta", "meta"]
    assert len(seen["states"]) >= 10
    assert {name: steps for name, steps in seen["states"].items() if steps != [whole, streamed, []]} == {}


def test_no_weights_are_written_to_memory(seen: dict[str, Any]):
    assert seen["rss"] < 0.2 * GIB
