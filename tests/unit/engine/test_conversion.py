"""Weights that are not used as they are stored: where they get room, how that is told, and how it can be stopped."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import pytest
import torch
from onlooker import Onlooker

from adstudio.engine.memory.components import load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.tensors import conversion_space, part_tensors
from adstudio.errors import ModelError
from adstudio.ports import Cancelled

HOST = TorchHost("cpu", model_dirs=[])


class Watching(TorchHost):
    """A host that keeps what it is told, and cancels at a share of a conversion."""

    def __init__(self, cancel_at: float = 2.0) -> None:
        super().__init__("cpu", model_dirs=[])
        self.onlooker = Onlooker(cancel_at)

    def progress(self, step: int, total: int, preview: Any = None) -> None:
        self.onlooker.progress(step, total)

    def check_cancelled(self) -> None:
        self.onlooker.check_cancelled()


@pytest.fixture
def fp8_file(typical: Path, tmp_path: Path) -> Path:
    narrow = forms.fp8(forms.native(forms.tensors_of(typical, "transformer")), lambda name: name.endswith(".weight"))
    return forms.write_split(typical, tmp_path / "fp8", transformer=narrow)


def test_converted_weights_without_room_are_refused_before_they_fill_anything(
    fp8_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(conversion_space, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(conversion_space, "free_memory_bytes", lambda: 2**20)
    usage = shutil.disk_usage(fp8_file)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))
    with pytest.raises(ModelError) as caught:
        load(fp8_file, HOST)
    assert caught.value.code == "checkpoint.no_room"
    assert "fp8" in caught.value.message and str(conversion_space.temporary_folder()) in caught.value.message


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_converted_weights_lie_in_a_nameless_file(fp8_file: Path, typical: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(conversion_space, "IN_MEMORY_BYTES", 0)
    transformer = load(fp8_file, HOST).components.transformer
    spans = mapped_spans()
    for name, wanted in forms.tensors_of(typical, "transformer").items():
        found = transformer.get_parameter(name)
        place = [path for first, last, path in spans if first <= found.data_ptr() < last]
        if name.endswith(".weight"):
            assert "adstudio-weights-" in place[0] and place[0].endswith("(deleted)")
            narrow = wanted.to(torch.float8_e4m3fn).to(torch.bfloat16)
            assert torch.equal(found, narrow), name
        else:
            assert place[0].endswith("three.safetensors")
    assert not list(conversion_space.temporary_folder().glob("adstudio-weights-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets the room aside by itself")
def test_the_room_is_set_aside_so_that_a_full_disk_does_not_end_the_program(monkeypatch: pytest.MonkeyPatch):
    """A hole in a mapped file is filled when it is written to; where the disk is full by then, that is SIGBUS."""
    held, real = [], torch.from_file

    def from_file(name: str, **more: object) -> torch.Tensor:
        held.append(Path(name).stat().st_blocks * 512)
        return real(name, **more)

    monkeypatch.setattr(torch, "from_file", from_file)
    room = conversion_space.map_nameless(2**22)
    assert room.numel() == 2**22 and held[0] >= 2**22


def mapped_spans() -> list[tuple[int, int, str]]:
    """Where files are mapped in this process."""
    spans = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6:
            first, last = (int(part, 16) for part in fields[0].split("-"))
            spans.append((first, last, fields[5]))
    return spans


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_weights_of_native_files_are_the_mapped_files(typical: Path, tmp_path: Path):
    zit = load(forms.write_split(typical, tmp_path), HOST)
    spans = mapped_spans()
    for module, name in ((zit.components.transformer, "three"), (zit.components.text_encoder, "one")):
        for parameter in module.parameters():
            place = [path for first, last, path in spans if first <= parameter.data_ptr() < last]
            assert Path(place[0]).name == f"{name}.safetensors", "copied into memory"
            assert parameter.is_contiguous()


def test_a_long_conversion_tells_how_far_it_is(fp8_file: Path, monkeypatch: pytest.MonkeyPatch):
    load(fp8_file, quiet := Watching())
    assert quiet.onlooker.seen == [], "what takes no time needs no bar"
    registry.forget()
    monkeypatch.setattr(conversion_space, "IN_MEMORY_BYTES", 0)
    load(fp8_file, watching := Watching())
    steps = [step for step, total in watching.onlooker.seen if total == watching.onlooker.seen[0][1]]
    assert len(steps) > 20 and steps == sorted(steps) and steps[0] == 0


def test_a_conversion_can_be_cancelled_in_the_middle_and_the_next_load_works(
    fp8_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(conversion_space, "IN_MEMORY_BYTES", 0)
    stopped = Watching(cancel_at=0.5)
    with pytest.raises(Cancelled):
        load(fp8_file, stopped)
    step, total = stopped.onlooker.seen[-1]
    assert 0.5 * total <= step < total
    assert not list(conversion_space.temporary_folder().glob("adstudio-weights-*"))
    assert load(fp8_file, HOST).components.transformer.get_parameter("x_pad_token").dtype == torch.bfloat16


@pytest.mark.parametrize("number", [0, 7])
def test_memory_that_runs_out_while_loading_comes_out_as_it_is_and_the_next_load_works(
    number: int, fp8_file: Path, monkeypatch: pytest.MonkeyPatch
):
    done, real = [], part_tensors.restore

    def restore(name: str, *more: Any) -> torch.Tensor:
        done.append(name)
        if len(done) > number:
            raise torch.OutOfMemoryError("injected")
        return real(name, *more)

    with monkeypatch.context() as patched:
        patched.setattr(part_tensors, "restore", restore)
        with pytest.raises(torch.OutOfMemoryError, match=r"^injected$"):
            load(fp8_file, HOST)
    assert not registry.loading.locked()
    assert load(fp8_file, HOST).components.transformer.get_parameter("x_pad_token").dtype == torch.bfloat16


def test_what_an_ended_program_left_where_files_keep_their_names_is_removed(tmp_path: Path):
    (tmp_path / "adstudio-weights-x1").write_bytes(b"left")
    (tmp_path / "another").write_bytes(b"of somebody else")
    conversion_space.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["another"]
