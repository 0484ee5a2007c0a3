"""Find the ComfyUI on this machine, give it what the pack needs, start it with the pack linked in.

python tools/comfyui.py prepare            install requirements.txt where ComfyUI lacks it
python tools/comfyui.py serve [ARGS …]     start the server; further arguments go to ComfyUI

COMFYUI_PATH names its folder, COMFYUI_PYTHON its Python; both are looked for when unset. Standard library only: this
runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

PACK = Path(__file__).resolve().parents[1]
LINK_NAME = "zit-ad-studio"
DEVICE_FLAGS = ("--cpu", "--directml", "--cuda-device")

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
    run = subprocess.run([interpreter, "-c", PROBE, *names], capture_output=True, text=True, check=False)
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
    print(f"Installing {', '.join(missing)} for the ComfyUI at {comfyui} …", flush=True)
    command = [interpreter, "-m", "pip", "install", "--quiet", "--requirement", PACK / "requirements.txt"]
    if subprocess.run(command, check=False).returncode != 0:
        print(f"That failed. Install them by hand into {interpreter}.", file=sys.stderr)


def _is_chosen(interpreter: Path, comfyui: Path) -> bool:
    """Whether this Python belongs to ComfyUI: named by the user, or lying in its folder or beside it."""
    return "COMFYUI_PYTHON" in os.environ or interpreter.is_relative_to(comfyui.parent)


def link(base: Path) -> Path:
    """Make the pack a custom node in ``base``, ComfyUI's folder or a base directory; where it lies there it stays."""
    packs = base / "custom_nodes"
    packs.mkdir(parents=True, exist_ok=True)
    present = next((entry for entry in packs.iterdir() if entry.resolve() == PACK), None)
    if present:
        return present
    place = packs / LINK_NAME
    if place.is_symlink() and not place.exists():
        place.unlink()  # left by a checkout that is gone
    if place.exists() or place.is_symlink():
        sys.exit(f"{place} is another copy of this pack. Move it away first; two copies would fight over the nodes.")
    place.symlink_to(PACK, target_is_directory=True)
    return place


def serve(arguments: list[str]) -> None:
    """Replace this process by ComfyUI with the pack linked in."""
    comfyui = find()
    prepare()
    problem.cache_clear()
    interpreter = python(comfyui) if comfyui else None
    if comfyui is None or interpreter is None or problem():
        sys.exit(f"Cannot start ComfyUI: {problem()}")
    print(f"Linked as {link(_base_directory(arguments) or comfyui)}", flush=True)
    if not any(argument.startswith(DEVICE_FLAGS) for argument in arguments) and not _has_accelerator(interpreter):
        arguments = ["--cpu", *arguments]
    os.chdir(comfyui)
    os.execv(interpreter, [str(interpreter), "main.py", *arguments])


def _base_directory(arguments: list[str]) -> Path | None:
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


def main(arguments: list[str]) -> None:
    """Run the command that the command line names."""
    match arguments:
        case ["prepare"]:
            prepare()
        case ["serve", *rest]:
            serve(rest)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
