"""A converted checkpoint holds the same numbers in bfloat16, appears whole or not at all, and costs little memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import numpy as np
import pytest
import torch
from onlooker import Onlooker
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from adstudio.engine.download.convert import bfloat16_edition, convert
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.forms.checkpoint import open_checkpoint
from adstudio.engine.forms.manifest import MANIFEST, is_complete, read_manifest
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.tensors.bfloat16_file import read_layout, write_narrow
from adstudio.errors import AdStudioError, InputError, ModelError
from adstudio.ports import Cancelled

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def wide(tiny_float: Path, copy_of: Callable[[Path], Path]) -> Path:
    """A float32 checkpoint with a sharded transformer, half of whose tensors are bfloat16 already."""
    folder = copy_of(tiny_float)
    single = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(single)
    names = sorted(tensors)
    for name in names[::2]:
        tensors[name] = tensors[name].to(torch.bfloat16)
    shards = {f"diffusion_pytorch_model-0000{i + 1}-of-00003.safetensors": names[i::3] for i in range(3)}
    for shard, held in shards.items():
        save_file({name: tensors[name] for name in held}, folder / "transformer" / shard, {"format": "pt"})
    index = {
        "metadata": {"total_size": 1, "total_parameters": 2},
        "weight_map": {name: shard for shard, held in shards.items() for name in held},
    }
    (folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    single.unlink()
    (folder / "loras").mkdir()
    save_file({"a": torch.ones(3)}, folder / "loras" / "ink.safetensors")
    (folder / "transformer" / "old.bin").write_bytes(b"a pickle that nobody needs")
    return folder


def left_beside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir() if path.name.startswith(f".{out.name}."))


def weight_files(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.glob("*/*.safetensors"))
    return sorted(path.as_posix() for path in files if path.parts[0] != "loras")


def test_every_number_is_that_of_torch(wide: Path, tmp_path: Path) -> None:
    out = convert(wide, tmp_path / "narrow", Onlooker())
    assert weight_files(out) == weight_files(wide)
    for name in weight_files(out):
        before, after = load_file(wide / name), load_file(out / name)
        assert before.keys() == after.keys()
        for key, tensor in before.items():
            assert after[key].dtype == torch.bfloat16
            assert torch.equal(after[key].view(torch.int16), tensor.to(torch.bfloat16).view(torch.int16)), key
        with safe_open(out / name, "pt") as file:
            assert file.metadata() == {"format": "pt"}


def test_numbers_at_the_edge_and_tensors_that_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "adstudio.engine.tensors.bfloat16_file._BLOCK", 64
    )  # many blocks to a tensor, and a part of one
    values = [0.0, -0.0, 1.00390625, 1.01171875, -3.3895314e38, 3.4028235e38, 1e-40, float("inf"), float("nan")]
    wide = {
        "float": torch.tensor(values * 7),
        "half": torch.tensor([1.5, -65504.0, 6e-8] * 9, dtype=torch.float16),
        "double": torch.tensor([1 / 3, 1e300, 5e-324] * 5, dtype=torch.float64),
        "brain": torch.randn(7, 3).to(torch.bfloat16),
        "whole": torch.arange(5),
        "yes": torch.tensor([True, False, True]),
        "one": torch.tensor(0.1),
        "none": torch.empty(0, 4),
    }
    save_file(wide, tmp_path / "wide.safetensors")
    written: list[int] = []
    layout = read_layout(tmp_path / "wide.safetensors")
    write_narrow(layout, tmp_path / "narrow.safetensors", written.append)
    assert sum(written) == (tmp_path / "narrow.safetensors").stat().st_size
    narrow = load_file(tmp_path / "narrow.safetensors")
    assert narrow.keys() == wide.keys()
    for name, tensor in wide.items():
        expected = tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor
        assert narrow[name].dtype == expected.dtype and narrow[name].shape == tensor.shape
        assert (
            narrow[name].numpy().tobytes() == expected.numpy().tobytes()
            if name in ("whole", "yes")
            else (torch.equal(narrow[name].view(torch.int16), expected.view(torch.int16)))
        )


def test_the_rest_comes_along_and_says_what_is_true_now(wide: Path, tmp_path: Path) -> None:
    out = convert(wide, tmp_path / "narrow", Onlooker())
    index_name = "transformer/diffusion_pytorch_model.safetensors.index.json"
    index, before = json.loads((out / index_name).read_text()), json.loads((wide / index_name).read_text())
    assert index["weight_map"] == before["weight_map"]
    shards = [load_file(path) for path in (out / "transformer").glob("*.safetensors")]
    assert index["metadata"] == {"total_size": sum(t.nbytes for s in shards for t in s.values()), "total_parameters": 2}
    config = json.loads((out / "text_encoder" / "config.json").read_text())
    assert config.get("dtype", config.get("torch_dtype")) == "bfloat16"
    for name in ("loras/ink.safetensors", "tokenizer/tokenizer.json", "vae/config.json", "model_index.json"):
        assert (out / name).read_bytes() == (wide / name).read_bytes()
    assert not (out / "transformer" / "old.bin").exists()
    manifest = read_manifest(out)
    assert manifest is not None and is_complete(out)
    assert manifest.source["converted_from"] == str(wide) and manifest.source["dtype"] == "bfloat16"
    assert left_beside(out) == [".narrow.lock"]


def test_it_draws_what_the_bfloat16_edition_draws(tiny: Path, tiny_float: Path, tmp_path: Path) -> None:
    host = TorchHost("cpu", model_dirs=[])
    pictures = [
        text_to_image(load(path, host), "a café table", host=host, width=64, height=48, seed=5).images[0]
        for path in (convert(tiny_float, tmp_path / "narrow", Onlooker()), tiny)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_progress_counts_bytes_up_to_all(wide: Path, tmp_path: Path) -> None:
    watcher = Onlooker()
    out = convert(wide, tmp_path / "narrow", watcher)
    steps = [step for step, _ in watcher.seen]
    assert steps == sorted(steps) and watcher.seen[-1][0] == watcher.seen[-1][1]
    files = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and path.name != MANIFEST)
    assert 0.9 * files < steps[-1] <= files


def test_a_second_call_takes_what_the_first_made(wide: Path, tmp_path: Path) -> None:
    out = convert(wide, tmp_path / "narrow", Onlooker())
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert convert(wide, out, Onlooker()) == out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    os.utime(wide / "vae" / "diffusion_pytorch_model.safetensors", (1, 1))
    with pytest.raises(InputError) as raised:
        convert(wide, out, Onlooker())
    assert raised.value.code == "convert.folder_taken", "it is not what these files give"


def test_what_is_bfloat16_already_is_not_copied(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        convert(tiny, tmp_path / "narrow", Onlooker())
    assert raised.value.code == "convert.nothing_to_do"
    assert list(tmp_path.iterdir()) == []


def test_cancel_leaves_nothing(wide: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        convert(wide, tmp_path / "narrow", Onlooker(0.5))
    assert not (tmp_path / "narrow").exists() and left_beside(tmp_path / "narrow") == [".narrow.lock"]
    assert is_complete(convert(wide, tmp_path / "narrow", Onlooker()))


def test_what_a_killed_process_left_is_not_taken_up(wide: Path, tmp_path: Path) -> None:
    stale = tmp_path / ".narrow.converting" / "vae" / "diffusion_pytorch_model.safetensors.bf16.done"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"half")
    out = convert(wide, tmp_path / "narrow", Onlooker())
    assert is_complete(out) and load_file(out / "vae" / "diffusion_pytorch_model.safetensors")


def test_two_at_once_convert_once(wide: Path, tmp_path: Path) -> None:
    """The working folder is one: two that wrote into it would end with a mixture, or with an error."""
    watchers, problems = [Onlooker() for _ in range(4)], []

    def work(watcher: Onlooker) -> None:
        try:
            convert(wide, tmp_path / "narrow", watcher)
        except BaseException as error:
            problems.append(error)
            raise

    threads = [threading.Thread(target=work, args=(watcher,)) for watcher in watchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and is_complete(tmp_path / "narrow")
    assert sum(bool(watcher.seen) for watcher in watchers) == 1, "only one may have worked"


HELD = """
import sys, time
from pathlib import Path
from adstudio.engine.download.convert import convert

class Watcher:
    def progress(self, step, total, preview=None):
        if step > total / 2:
            print("half", flush=True)
            time.sleep(3600)
    def check_cancelled(self):
        pass

convert(Path(sys.argv[1]), Path(sys.argv[2]), Watcher())
"""


def test_a_process_that_is_killed_in_the_middle_leaves_its_turn_to_the_one_that_waits(
    wide: Path, tmp_path: Path
) -> None:
    out, piped = tmp_path / "narrow", {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    first = subprocess.Popen([sys.executable, "-c", HELD, str(wide), str(out)], **piped)  # type: ignore[call-overload]
    assert first.stdout and first.stdout.readline() == "half\n"
    assert list(tmp_path.glob(".narrow.converting/*/*")) and not out.exists()
    second = subprocess.Popen([sys.executable, "-m", "adstudio", "convert", str(wide), "--out", str(out)], **piped)  # type: ignore[call-overload]
    try:
        assert second.stderr and any("waiting for it" in line for line in second.stderr), "it began beside the first"
        assert second.poll() is None and not out.exists()
    finally:
        first.kill()
        first.communicate()
    said = second.communicate()
    assert second.returncode == 0, said
    assert is_complete(out) and left_beside(out) == [".narrow.lock"]


def refused(folder: Path, out: Path) -> AdStudioError:
    with pytest.raises(AdStudioError) as raised:
        convert(folder, out, Onlooker())
    assert not out.exists() and ".narrow.converting" not in left_beside(out)
    return raised.value


def test_a_checkpoint_that_is_not_whole(wide: Path, tmp_path: Path) -> None:
    weights = wide / "vae" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    assert refused(wide, tmp_path / "narrow").code == "checkpoint.truncated"
    weights.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert refused(wide, tmp_path / "narrow").code == "checkpoint.lfs_pointer"
    weights.unlink()
    assert refused(wide, tmp_path / "narrow").code == "checkpoint.not_diffusers"
    assert refused(tmp_path / "nowhere", tmp_path / "narrow").code == "checkpoint.not_diffusers"


def test_numbers_that_are_narrower_already(wide: Path, tmp_path: Path) -> None:
    weights = wide / "vae" / "diffusion_pytorch_model.safetensors"
    save_file({"scaled": torch.ones(4).to(torch.float8_e4m3fn)}, weights)
    error = refused(wide, tmp_path / "narrow")
    assert isinstance(error, ModelError) and error.code == "convert.unsupported_dtype" and "F8_E4M3" in error.message


def test_a_place_that_is_taken(wide: Path, tmp_path: Path) -> None:
    for place in ("file", "folder"):
        (tmp_path / place).mkdir() if place == "folder" else (tmp_path / place).write_text("mine")
        if place == "folder":
            (tmp_path / place / "mine").write_text("mine")
        with pytest.raises(InputError) as raised:
            convert(wide, tmp_path / place, Onlooker())
        assert raised.value.code == "convert.folder_taken"
    with pytest.raises(InputError):
        convert(wide, wide, Onlooker())


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from adstudio.run.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_leaves_nothing(wide: Path, tmp_path: Path) -> None:
    largest = max(path.stat().st_size for path in wide.glob("transformer/*.safetensors"))
    command = ["convert", str(wide), "--out", str(tmp_path / "narrow"), "--json", "--quiet"]
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, str(largest // 4), *command], cwd=ROOT, capture_output=True, text=True
    )
    assert said.returncode == 1, said.stderr
    assert json.loads(said.stdout)["error"]["code"] == "disk.full"
    assert not (tmp_path / "narrow").exists() and left_beside(tmp_path / "narrow") == [".narrow.lock"]
    assert is_complete(convert(wide, tmp_path / "narrow", Onlooker())), "the next run is fine"


MEASURED = """
import json, sys
import numpy, torch  # what a process has loaded before it begins
from pathlib import Path
from adstudio.engine.download.convert import convert

def anonymous():
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(fields["RssAnon"].split()[0]) * 1024

class Watcher:
    peak = 0
    def progress(self, step, total, preview=None):
        Watcher.peak = max(Watcher.peak, anonymous())
    def check_cancelled(self):
        pass

before = anonymous()
convert(Path(sys.argv[1]), Path(sys.argv[2]), Watcher())
print(json.dumps({"growth": Watcher.peak - before, "peak": Watcher.peak}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_stays_small_whatever_the_size_of_a_tensor(tiny_float: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_float, tmp_path / "large"))
    name = "text_encoder/model.safetensors"
    save_file({**load_file(folder / name), "table": torch.ones(80, 2**20)}, folder / name)  # 320 MiB in one piece
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, str(folder), str(tmp_path / "narrow")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert said.returncode == 0, said.stderr
    measured: dict[str, Any] = json.loads(said.stdout)
    assert measured["growth"] < 150 * 2**20, measured


def test_an_edition_is_made_beside_only_where_it_gains_something(wide: Path, tiny: Path, tmp_path: Path) -> None:
    watcher = Onlooker()
    assert bfloat16_edition(tiny, watcher) == tiny
    file = forms.write(tmp_path / "alone.safetensors", forms.tensors_of(wide, "vae"))
    assert bfloat16_edition(file, watcher) == file
    made = bfloat16_edition(wide, watcher)
    assert made == wide.with_name(f"{wide.name}-bf16") and is_complete(made)
    assert not any("float32" in note for note in open_checkpoint(made).notes)
    assert bfloat16_edition(made, watcher) == made
