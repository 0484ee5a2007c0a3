"""What tests of the skin share: code run in ComfyUI's own Python, and the shipped graphs."""

from __future__ import annotations

import itertools
import json
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comfyui
import pytest
from comfyui import PACK
from warm_python import Popen

TIMEOUT_S = 500  # for code that hangs: before pytest's own, which ends the whole worker

# ComfyUI and the pack take seconds of a processor to import: once here, and each piece of code in a fork of that.
# Nothing is computed before the fork, so torch has no threads yet that a fork would lose.
NURSERY = f"""
import importlib.util, json, os, signal, sys, traceback
sys.argv[0] = "main.py"
sys.path.insert(0, {str(comfyui.find())!r})
import comfy.options, utils.install_util  # as main.py does: later, ComfyUI's folder "comfy" hides "utils"
comfy.options.enable_args_parsing()
place = {str(PACK)!r}
spec = importlib.util.spec_from_file_location("pack", place + "/__init__.py", submodule_search_locations=[place])
pack = importlib.util.module_from_spec(spec)
sys.modules["pack"] = pack
spec.loader.exec_module(pack)
import comfy.model_management, diffusers, pack.nodes, torch, transformers
torch.set_num_threads(1)  # numbers must not depend on how many processors there are
print("ready", flush=True)

for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child:
        print(job["number"], os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    signal.alarm({TIMEOUT_S})
    said = os.open(job["said"], os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    status = 1
    try:
        scope = {{"__name__": "__main__", "json": json, "pack": pack, "place": place, "sys": sys}}
        exec(compile(job["code"], "<case>", "exec"), scope)
        with open(job["answer"], "w") as file:
            json.dump(scope["answer"], file)
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
"""

Inside = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def models_as_found(server_base: Path) -> Iterator[None]:
    """Take away what a file of tests put among the models: the same server serves the next, the browser's too."""
    models = server_base / "models"
    before = set(models.rglob("*"))
    yield
    for path in set(models.rglob("*")) - before:
        # Folders stay: ComfyUI remembers each with its time, and no menu of theirs opens once one is gone.
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def inside(tmp_path_factory: pytest.TempPathFactory, warm_comfyui: Popen) -> Iterator[Inside]:
    """Run code in ComfyUI's Python with this pack importable as ``pack``; it sets ``answer``, which comes back.

    Each call is a process of its own: what one changes in ComfyUI's modules, the next does not see.
    """
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    assert python is not None
    home = tmp_path_factory.mktemp("inside")
    with (home / "log").open("wb") as log:
        command = [python, "-c", NURSERY, "--cpu"]
        nursery = warm_comfyui(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    assert nursery.stdin is not None and nursery.stdout is not None

    numbers = itertools.count()

    def hear(timeout_s: float) -> str:
        assert nursery.stdout is not None
        assert select.select([nursery.stdout], [], [], timeout_s)[0], f"nothing came within {timeout_s} s"
        return nursery.stdout.readline().decode().strip()

    def log_end(path: Path) -> str:
        return path.read_text(encoding="utf-8", errors="replace")[-4000:]

    def inside(code: str) -> Any:
        assert nursery.stdin is not None
        number = next(numbers)
        answer, said = home / f"answer{number}.json", home / f"said{number}"
        job = {"code": code, "answer": str(answer), "said": str(said), "number": number}
        nursery.stdin.write(json.dumps(job).encode() + b"\n")
        nursery.stdin.flush()
        # A test that was cut off did not wait for its answer: it comes before this one's.
        while (heard := hear(TIMEOUT_S + 30).split())[:1] != [str(number)]:
            assert heard, log_end(home / "log")
        assert heard == [str(number), "0"], log_end(said)
        return json.loads(answer.read_text(encoding="utf-8"))

    try:
        assert hear(300) == "ready", log_end(home / "log")
        yield inside
    finally:
        nursery.kill()
        nursery.wait()
