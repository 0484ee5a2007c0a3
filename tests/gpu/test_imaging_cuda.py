"""Imaging on an NVIDIA GPU: the same mattes and composites as on the CPU, and the card's memory given back."""

from __future__ import annotations

import gc
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from devices_alike import SHOTS, check_a_composite_is_the_same

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.imaging.composite.compose import compose, workspace_bytes
from adstudio.imaging.cutout.rembg_models import MODELS
from adstudio.imaging.cutout.rembg_session import RembgMatting
from benchmarks import cutout_session


def _runs_on_cuda() -> bool:
    if not cutout_session.is_possible() or importlib.util.find_spec("onnxruntime") is None:
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


with_rembg = pytest.mark.skipif(not _runs_on_cuda(), reason="needs rembg, onnx and onnxruntime-gpu")
CONTEXT_MB = 700  # of CUDA, cuBLAS and cuDNN, which stay for as long as the process lives


@with_rembg
def test_matte_is_the_same_on_both_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSTUDIO_MODELS", str(tmp_path))
    cutout_session.write("u2netp", tmp_path / "rembg" / "u2netp.onnx")
    photo = np.random.default_rng(0).random((320, 320, 3), dtype=np.float32)
    on_cpu = RembgMatting(MODELS["u2netp"], device="cpu").matte(photo)
    on_gpu = RembgMatting(MODELS["u2netp"], device="gpu")
    assert float(np.abs(on_gpu.matte(photo) - on_cpu).mean()) < 0.01
    assert "The model ran on: CUDA." in on_gpu.notes


@with_rembg
def test_session_gives_the_card_back() -> None:
    found = cutout_session.measure("u2net", "gpu")
    assert found["notes"][-1] == "The model ran on: CUDA."
    before, first, *_, last = found["card_mb"]
    assert first - before < CONTEXT_MB, "only the context stays after a run"
    assert abs(last - first) < 32, "and no run adds to it"


@pytest.mark.parametrize("shot", SHOTS)
def test_a_composite_is_the_same_on_the_card(shot: str) -> None:
    with TorchHost("cuda").workspace(0) as device:
        check_a_composite_is_the_same(shot, device)


def test_a_composite_takes_what_is_asked_for_and_gives_it_back() -> None:
    backdrop, cutouts, places, settings = SHOTS["a group that shades itself"]()
    asked, host = workspace_bytes(backdrop, cutouts, places), TorchHost("cuda")

    def work() -> None:
        with host.workspace(asked) as device:
            compose(backdrop, cutouts, places, layers=True, device=device, **settings)

    work()  # torch's libraries take their workspaces once
    before = held()
    torch.cuda.reset_peak_memory_stats()
    work()
    assert 0 < torch.cuda.max_memory_allocated() - before < asked
    assert held() == before


def held() -> int:
    gc.collect()
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated()
