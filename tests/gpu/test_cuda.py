"""The embedded model on an NVIDIA GPU: the same pictures, nothing loaded twice, everything given back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.run.local.runner import LocalRunner
from adstudio.run.request import AdRequest

PROMPT = (
    "Empty advertising backdrop, a polished marble counter, pink colour palette, light from the left, "
    "bright and fresh mood, clear space at the top, plain surfaces without any lettering."
)


@pytest.fixture
def cuda() -> Iterator[TorchHost]:
    registry.forget()
    host = TorchHost("cuda")
    yield host
    host.evict_all()
    registry.forget()


def draw(host: Any, seed: int = 3) -> Any:
    return text_to_image(load(checkpoint_path(), host), PROMPT, width=256, height=256, seed=seed, host=host).images[0]


def held() -> int:
    gc.collect()
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated()


def test_a_seed_is_the_same_picture_on_both_devices(cuda: TorchHost):
    # bfloat16 rounds differently on each, so the pictures are near, not equal; another seed is far.
    on_cpu, on_gpu = draw(TorchHost("cpu")), draw(cuda)
    near = float(np.abs(on_cpu - on_gpu).mean())
    far = float(np.abs(on_cpu - draw(cuda, seed=4)).mean())
    assert near < 0.03
    assert near < far / 2


def test_a_seed_is_the_same_picture_again(cuda: TorchHost):
    np.testing.assert_array_equal(draw(cuda), draw(cuda))


def test_components_stay_and_are_not_loaded_twice(cuda: TorchHost):
    empty = held()
    draw(cuda)
    after_one = held()
    weights = sum(file.stat().st_size for file in checkpoint_path().glob("*/*.safetensors"))
    assert after_one - empty >= weights * 0.9, "components stay resident between runs"
    draw(cuda)
    assert abs(held() - after_one) < 2**20


def test_evicting_gives_all_memory_back(cuda: TorchHost):
    draw(cuda)  # cuBLAS and cuDNN take their workspaces once
    cuda.evict_all()
    before = held()
    draw(cuda)
    cuda.evict_all()
    assert held() <= before + 2**20


def test_a_whole_ad_reports_its_graphics_memory(cuda: TorchHost, tmp_path: Path):
    request = AdRequest(
        brief="따뜻한 원목 테이블 위 커피, 아늑한 오후", headline="오늘의 커피", width=256, height=256, seed=1
    )
    result = LocalRunner(tmp_path, host=cuda).run(request)
    assert result.path.is_file()
    assert result.report.peak_vram_bytes > 0
