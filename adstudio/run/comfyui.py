"""Find the ComfyUI on this machine, give it what the pack needs, and start it with the pack linked in.

``COMFYUI_PATH`` names its folder, ``COMFYUI_PYTHON`` its Python; both are looked for when unset. Standard library only:
this runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ..errors import InputError, ServerError, StorageError

PACK = Path(__file__).resolve().parents[2]
LINK_NAME = "zit-ad-studio"
DEVICE_FLAGS = ("--cpu", "--directml", "--cuda-device")
ALLOCATORS = ("auto", "comfyui", "native", "expandable")
_ALLOCATOR_VARIABLES = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF")  # which of them torch reads first
_EXPANDABLE = "expandable_segments:True"
_WITHOUT_DYNAMIC_VRAM = ("--disable-dynamic-vram", "--highvram", "--gpu-only", "--novram")

# Runs in ComfyUI's own Python: which version of each package it has.
PROBE = """
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = ""
print(json.dumps(found))
"""


def find() -> Path | None:
    """Find ComfyUI's folder: COMFYUI_PATH alone if set, else around this pack, else the usual places."""
    if named := os.environ.get("COMFYUI_PATH"):
        places = [Path(named).expanduser()]
    else:
        around = [PACK.parent.parent] if PACK.parent.name == "custom_nodes" else []
        places = [*around, Path.home() / "comfy" / "ComfyUI", Path.home() / "ComfyUI"]
    return next((place.resolve() for place in places if (place / "main.py").is_file()), None)


@cache
def python(comfyui: Path) -> Path | None:
    """Find the Python that ComfyUI runs in: the first candidate that has torch and aiohttp."""
    if named := os.environ.get("COMFYUI_PYTHON"):
        candidates = [Path(named).expanduser()]
    else:
        homes = [folder / name for folder in (comfyui, comfyui.parent) for name in (".venv", "venv")]
        candidates = [home / "bin" / "python" for home in homes]
        candidates += [home / "Scripts" / "python.exe" for home in homes]
        candidates += [comfyui.parent / "python_embeded" / "python.exe"]
        candidates += [Path(found) for name in ("python3", "python") if (found := shutil.which(name))]
    for candidate in candidates:
        if candidate.exists() and all(versions(candidate, ("torch", "aiohttp")).values()):
            return candidate
    return None


def versions(interpreter: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Ask ``interpreter`` which version of each package it has; empty = not installed."""
    try:
        run = subprocess.run([interpreter, "-c", PROBE, *names], capture_output=True, text=True, check=False)
    except OSError:  # a folder, or a file that is no program
        return dict.fromkeys(names, "")
    return json.loads(run.stdout) if run.returncode == 0 else dict.fromkeys(names, "")


def lacking(interpreter: Path) -> list[str]:
    """The lines of requirements.txt that ``interpreter`` does not meet."""
    text = (PACK / "requirements.txt").read_text(encoding="utf-8")
    wanted = dict(re.findall(r"^([A-Za-z0-9_.-]+)>=([0-9.]+)", text, flags=re.MULTILINE))
    have = versions(interpreter, tuple(wanted))
    return [f"{name}>={least}" for name, least in wanted.items() if _numbers(have[name]) < _numbers(least)]


@cache
def problem() -> str:
    """What keeps the pack from running in ComfyUI here, and what to do about it; empty when nothing does."""
    comfyui = find()
    if comfyui is None:
        where = os.environ.get("COMFYUI_PATH") or "~/comfy/ComfyUI"
        return (
            f"no ComfyUI at {where}; get it with: git clone https://github.com/comfyanonymous/ComfyUI {where}"
            " and install its requirements.txt into a venv inside, or set COMFYUI_PATH"
        )
    interpreter = python(comfyui)
    if interpreter is None:
        return f"no Python with ComfyUI's requirements for {comfyui}; set COMFYUI_PYTHON to the one it runs in"
    if missing := lacking(interpreter):
        return f"ComfyUI's Python lacks {', '.join(missing)}; run: {interpreter} -m pip install -r requirements.txt"
    return ""


def prepare() -> None:
    """Install what the pack needs into ComfyUI's own environment, or into the one that COMFYUI_PYTHON names."""
    comfyui = find()
    interpreter = python(comfyui) if comfyui else None
    if comfyui is None or interpreter is None or not (missing := lacking(interpreter)):
        return
    if not _is_chosen(interpreter, comfyui):  # one found on PATH may be the system's; problem() says what to do
        return
    sys.stderr.write(f"Installing {', '.join(missing)} for the ComfyUI at {comfyui} …\n")
    command = [interpreter, "-m", "pip", "install", "--quiet", "--requirement", PACK / "requirements.txt"]
    if subprocess.run(command, check=False).returncode != 0:
        sys.stderr.write(f"That failed. Install them by hand into {interpreter}.\n")


def _is_chosen(interpreter: Path, comfyui: Path) -> bool:
    """Whether this Python belongs to ComfyUI: named by the user, or lying in its folder or beside it."""
    return "COMFYUI_PYTHON" in os.environ or interpreter.is_relative_to(comfyui.parent)


def link(base: Path) -> Path:
    """Make the pack a custom node in ``base``, ComfyUI's folder or a base directory; where it lies there it stays.

    Raises:
        StorageError: another copy of the pack has taken its place, or nothing can be linked there.
    """
    packs = base / "custom_nodes"
    try:
        return _link(packs)
    except OSError as error:
        raise StorageError(
            "comfyui.not_linked",
            f"The pack cannot be linked into {packs} ({error.strerror or error}).",
            "Copy or clone it into that folder yourself; on Windows links need developer mode.",
        ) from error


def _link(packs: Path) -> Path:
    packs.mkdir(parents=True, exist_ok=True)
    present = next((entry for entry in packs.iterdir() if entry.resolve() == PACK), None)
    if present:
        return present
    place = packs / LINK_NAME
    if place.is_symlink() and not place.exists():
        place.unlink()  # left by a checkout that is gone
    if place.exists() or place.is_symlink():
        raise StorageError(
            "comfyui.another_copy",
            f"{place} is another copy of this pack.",
            "Move it away first; two copies would fight over the nodes.",
        )
    place.symlink_to(PACK, target_is_directory=True)
    return place


def serve(arguments: Sequence[str], *, allocator: str = "auto") -> None:
    """Replace this process by ComfyUI with the pack linked in.

    Args:
        arguments: handed on to ComfyUI.
        allocator: one of ``ALLOCATORS``; see ``allocator_setting``.

    Raises:
        ServerError: there is no ComfyUI that could be started.
        StorageError: the pack cannot be linked in.
    """
    if not (PACK / "nodes").is_dir():
        raise ServerError(
            "comfyui.no_pack",
            f"{PACK} is an installed library without ComfyUI's nodes.",
            "Run this from a checkout of Ad Studio.",
        )
    flags, environment = allocator_setting(allocator, arguments, os.environ)
    comfyui = find()
    prepare()
    problem.cache_clear()
    interpreter = python(comfyui) if comfyui else None
    if comfyui is None or interpreter is None or problem():
        raise ServerError("comfyui.not_ready", "ComfyUI cannot be started.", f"Reason: {problem()}")
    sys.stderr.write(f"Linked as {link(_base_directory(arguments) or comfyui)}\n")
    if not any(argument.startswith(DEVICE_FLAGS) for argument in arguments) and not _has_accelerator(interpreter):
        sys.stderr.write("Starting with --cpu: torch finds no GPU here.\n")
        flags = ["--cpu", *flags]
    os.chdir(comfyui)
    os.execve(interpreter, [str(interpreter), "main.py", *flags, *arguments], {**os.environ, **environment})


def allocator_setting(
    allocator: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Flags for ComfyUI and environment variables that choose how CUDA memory is allocated.

    ``comfyui`` leaves it to ComfyUI, which takes CUDA's own allocator (``cudaMallocAsync``) on NVIDIA cards; ``native``
    takes PyTorch's; ``expandable`` PyTorch's with segments that grow, which only that one has, and which takes least.
    ``auto`` takes that one where ComfyUI runs without its dynamic VRAM: with it, what makes its models give way to
    others sees no segment grow. A variable that is set already is added to, never replaced.

    Raises:
        InputError: there is no such allocator.
        ServerError: the arguments ask for the other allocator.
    """
    if allocator not in ALLOCATORS:  # the environment may name it, too
        raise InputError(
            "comfyui.unknown_allocator",
            f"There is no allocator '{allocator:.40}'.",
            f"Set --allocator or ADSTUDIO_ALLOCATOR to one of: {', '.join(ALLOCATORS)}.",
        )
    told_cuda = [name for name in _ALLOCATOR_VARIABLES if "cudaMallocAsync" in environment.get(name, "")]
    asks = [name for name in ("--cuda-malloc",) if name in arguments] + told_cuda
    is_free = not asks and any(flag in arguments for flag in _WITHOUT_DYNAMIC_VRAM)
    if allocator == "auto":
        allocator = "expandable" if is_free and "--enable-dynamic-vram" not in arguments else "comfyui"
    if allocator == "comfyui":
        return [], {}
    if asks:
        raise ServerError(
            "comfyui.two_allocators",
            f"{asks[0]} asks for CUDA's allocator and '{allocator}' for PyTorch's.",
            "Leave one of them out.",
        )
    flags = [] if "--disable-cuda-malloc" in arguments else ["--disable-cuda-malloc"]
    if allocator == "native":
        return flags, {}
    variable = next((name for name in _ALLOCATOR_VARIABLES if environment.get(name)), _ALLOCATOR_VARIABLES[0])
    told = environment.get(variable, "")
    if "expandable_segments" in told:  # said by the user, whichever way
        return flags, {}
    return flags, {variable: f"{told},{_EXPANDABLE}" if told else _EXPANDABLE}


def _base_directory(arguments: Sequence[str]) -> Path | None:
    for argument, after in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name == "--base-directory":
            return Path(value if equals else after).expanduser().resolve()
    return None


def _has_accelerator(interpreter: Path) -> bool:
    # Without --cpu ComfyUI stops at once on a machine that has none.
    code = "import sys, torch; sys.exit(not (torch.cuda.is_available() or torch.backends.mps.is_available()))"
    return subprocess.run([interpreter, "-c", code], capture_output=True, check=False).returncode == 0


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])
