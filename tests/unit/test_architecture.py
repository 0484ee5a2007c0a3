"""The house rules of docs/architecture.md, read from the code itself."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for folder in ("adstudio", "nodes", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
LIBRARY = [path for path in SOURCES if path.is_relative_to(ROOT / "adstudio")]
SKIN = [ROOT / "__init__.py", *(path for path in SOURCES if path.is_relative_to(ROOT / "nodes"))]

ROOMS = {"prompt", "imaging", "layout", "text", "output", "engine"}
FOUNDATION = {"types", "chat", "ports", "errors", "config", "service", "settings", "particles", "counts", "srgb"}
HEAVY = {
    "diffusers",
    "transformers",
    "peft",
    "accelerate",
    "rembg",
    "onnxruntime",
    "openai",
    "skimage",
    "sklearn",
    "ray",
    "pyarrow",
    "c2pa",
    "cryptography",
}
COMFY_INSIDES = {"comfy", "comfy_execution", "comfy_extras", "folder_paths", "server", "execution", "latent_preview"}
PRINTERS = {"adstudio/run/cli.py"}
MAX_LINES = 350


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[tuple[int, str]]:
    """``(line, dotted name)`` of every import; relative ones are resolved against the repository's root.

    ``from ..text.faces import fonts`` in ``adstudio/run`` gives ``.adstudio.text.faces.fonts``: the dot marks ours.
    """
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _import_nodes(tree, top_level_only=top_level_only):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif node.level:
            base = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            yield from ((node.lineno, "." + ".".join([*base, alias.name])) for alias in node.names)
        else:
            yield node.lineno, node.module or ""


def _import_nodes(tree: ast.AST, *, top_level_only: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif top_level_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue  # imported where it is used
        elif not (top_level_only and isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
            yield from _import_nodes(child, top_level_only=top_level_only)


def test_files_stay_small():
    long = {
        name_of(path): lines for path in SOURCES if (lines := len(path.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert not long, f"split them: {long}"


def test_library_never_imports_the_skin_or_comfyui():
    foreign = COMFY_INSIDES | {"comfy_api", "nodes"}
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in LIBRARY
        for line, name in imports(path)
        if name.split(".")[0] in foreign or name.startswith(".nodes")
    ]
    assert not wrong, "\n".join(wrong)


def test_rooms_of_the_library_meet_only_in_the_foundation():
    wrong = []
    for path in LIBRARY:
        room = path.relative_to(ROOT / "adstudio").parts[0].removesuffix(".py")
        allowed = {room} | FOUNDATION if room in ROOMS else FOUNDATION if room in FOUNDATION else None
        for line, name in imports(path):
            target = name.split(".")[2] if name.startswith(".adstudio.") else None
            if allowed is not None and target is not None and target not in allowed:
                wrong.append(f"{name_of(path)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_pack_imports_itself_only_relatively():
    # ComfyUI loads the pack under the path of its folder: `import adstudio` works in a shell and fails there.
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in {*LIBRARY, *SKIN}
        for line, name in imports(path)
        if name.split(".")[0] in ("adstudio", "nodes")
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_adapter_knows_comfyuis_insides():
    # The routes of editor and panel hang on ComfyUI's own server: the page asks while no node runs.
    inside = ("_host", "_folders", "_patcher", "_native_model", "_native_clip", "_native_vae")
    adapters = {f"nodes/{name}.py" for name in (*inside, "routes", "editor_routes", "panel_routes")}
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in SKIN
        if not name_of(path).startswith(tuple(adapters))
        for line, name in imports(path)
        if name.split(".")[0] in COMFY_INSIDES
    ]
    assert not wrong, "\n".join(wrong)


def test_heavy_packages_are_imported_where_they_are_used():
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in {*LIBRARY, *SKIN}
        for line, name in imports(path, top_level_only=True)
        if name.split(".")[0] in HEAVY
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("rooms", "too_heavy"), [(ROOMS - {"engine"} | {"run", "demo"}, HEAVY | {"torch"}), (ROOMS, HEAVY)]
)
def test_importing_the_library_loads_nothing_heavy(rooms: set[str], too_heavy: set[str]):
    """Only the engine may bring torch along; diffusers and its like come when a picture is made."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in LIBRARY
        if path.name != "__main__.py"
        and path.relative_to(ROOT / "adstudio").parts[0].removesuffix(".py") in rooms | FOUNDATION
    ]
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    loaded = set(json.loads(run.stdout.splitlines()[-1]))
    assert "adstudio" in loaded
    assert not loaded & too_heavy, sorted(loaded & too_heavy)


def test_library_logs_and_does_not_print():
    prints = [
        f"{name_of(path)}:{node.lineno}"
        for path in {*LIBRARY, *SKIN}
        if name_of(path) not in PRINTERS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _callee(node) == "print"
    ]
    assert not prints, prints


def test_interrupts_and_out_of_memory_are_never_swallowed():
    # A bare `except:` or `except BaseException:` that does not raise again eats ComfyUI's interrupt.
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in {*LIBRARY, *SKIN}
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or "BaseException" in ast.unparse(node.type))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not wrong, wrong


def test_files_are_nouns():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert not [name_of(path) for path in SOURCES if path.stem.strip("_") in vague]


def test_every_error_code_names_its_area():
    wrong = []
    for path in {*LIBRARY, *SKIN}:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"(Input|Model|Provider|Storage|Server)Error", _callee(node)
            ):
                first = node.args[0] if node.args else None
                code = first.value if isinstance(first, ast.Constant) else None
                if isinstance(code, str) and not re.fullmatch(r"[a-z_0-9]+(\.[a-z_0-9]+)+", code):
                    wrong.append(f"{name_of(path)}:{node.lineno} {code!r}")
    assert not wrong, wrong


def _callee(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def requirement_lines(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_requirements_say_what_pyproject_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = requirement_lines((ROOT / "requirements.txt").read_text("utf-8").splitlines())
    assert lines == project["dependencies"]


_BROUGHT = ("standalone", "client", "rembg", "gguf", "c2pa", "parquet", "ray")


def test_every_imported_package_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for name in _BROUGHT for line in extras[name])]
    declared = {re.split(r"[>=\[]", line)[0].lower() for line in lines}
    distributions = {
        "PIL": "pillow",
        "array_api_compat": "array-api-compat",
        "c2pa": "c2pa-python",
        "huggingface_hub": "huggingface-hub",
        "skimage": "scikit-image",
        "yaml": "pyyaml",
        "onnxruntime": "rembg",
    }
    used = {name.split(".")[0] for path in LIBRARY for _, name in imports(path) if not name.startswith(".")}
    theirs = {distributions.get(name, name) for name in used - set(sys.stdlib_module_names) - {"__future__"}}
    assert theirs <= declared, sorted(theirs - declared)
    assert declared <= theirs | {"rembg"}, f"declared and never imported: {sorted(declared - theirs)}"


def test_requirements_leave_comfyuis_own_packages_alone():
    lines = requirement_lines((ROOT / "requirements.txt").read_text("utf-8").splitlines())
    for line in lines:
        assert re.fullmatch(r"[a-z-]+>=[0-9.]+", line), f"{line}: one lower bound, nothing else"
    comfyuis = {
        "torch",
        "torchvision",
        "torchaudio",
        "numpy",
        "pillow",
        "transformers",
        "safetensors",
        "scipy",
        "pyyaml",
    }
    assert not comfyuis & {line.split(">=")[0] for line in lines}


def test_constraints_pin_every_direct_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [line for lines in (project["dependencies"], *extras.values()) for line in lines]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in requirement_lines((ROOT / "constraints.txt").read_text("utf-8").splitlines())
    }
    assert {re.split(r"[>=\[]", line)[0].lower() for line in wanted} <= pinned


def test_version_is_the_same_everywhere():
    # ComfyUI's registry reads pyproject.toml and runs nothing, so the version cannot be taken from the code.
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f'__version__ = "{version}"' in (ROOT / "adstudio" / "__init__.py").read_text("utf-8")
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_comfyui_floor_is_the_same_in_registry_and_docs():
    floor = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["comfy"]["requires-comfyui"]
    version = floor.removeprefix(">=").removesuffix(".0")
    for name, sentence in (("older-comfyui.md", "ComfyUI {} or newer"), ("older-comfyui.ko.md", "ComfyUI {} 이상")):
        assert sentence.format(version) in (ROOT / "docs" / name).read_text("utf-8")


def test_package_data_reaches_an_installed_copy():
    # What a wheel holds is decided by patterns; a data file outside them is there in a checkout and missing elsewhere.
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    patterns = tool["setuptools"]["package-data"]["adstudio"]
    library = ROOT / "adstudio"
    covered = {path for pattern in patterns for path in library.glob(re.sub(r"\*\*$", "**/*", pattern))}
    run = subprocess.run(["git", "ls-files", "-z", "adstudio"], cwd=ROOT, capture_output=True, text=True, check=True)
    data = {ROOT / name for name in run.stdout.split("\0") if name and not name.endswith(".py")}
    assert data
    assert data <= covered, sorted(map(str, data - covered))


def test_nodes_that_tell_something_know_their_own_id():
    """The page is told by it which node to write on; without it nothing would be written, and nothing would fail."""
    classes = [
        node for path in SKIN for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)
    ]
    telling = [node for node in classes if "_feedback.show(cls" in ast.unparse(node)]
    assert len(telling) > 10
    assert [node.name for node in telling if "hidden=[io.Hidden.unique_id]" not in ast.unparse(node)] == []


@pytest.mark.parametrize("room", ["remote", "rest"])
def test_what_draws_elsewhere_knows_nothing_of_drawing_here(room: str) -> None:
    found = {path.name for path in (ROOT / "adstudio" / "run" / room).glob("*.py") if "..local" in path.read_text()}
    assert not found


def test_what_a_picture_says_of_its_places_knows_nothing_of_copy() -> None:
    places = [path for path in LIBRARY if path.is_relative_to(ROOT / "adstudio" / "layout" / "picture")]
    assert not [f"{name_of(path)}:{line}" for path in places for line, name in imports(path) if ".layout.copy" in name]
