"""Keep `locales/` and the help pages in step with the nodes.

The English words are written from the schemas, the lists of the help pages from the words; the Korean words are
written by hand in locales/ko/nodeDefs.json, and this says what they lack or have too much.

python tools/node_words.py            write
python tools/node_words.py --check    write nothing; exit 1 when something is out of step
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import comfyui
from comfy_server import running
from comfyui import PACK

LOCALES = PACK / "locales"
HELP = PACK / "web" / "docs"
OURS = "AdStudio"
START, END = "<!-- inputs and outputs: written by tools/node_words.py -->", "<!-- /inputs and outputs -->"
HEADS = {
    "en": {"inputs": "Inputs", "outputs": "Outputs", "default": "Default", "choices": "In the menu"},
    "ko": {"inputs": "입력", "outputs": "출력", "default": "기본값", "choices": "메뉴 표시"},
}
LONGEST_DEFAULT = 24
MOST_CHOICES = 9
SHARED = {"style": "styles", "industry": "industries"}  # menus that the ad panel has, too (web/js/page/options.js)

Words = dict[str, Any]


def english(schemas: dict[str, Any]) -> Words:
    """The English `nodeDefs.json`: every name and tooltip that the schemas hold."""
    return {name: _node(schema) for name, schema in sorted(schemas.items()) if name.startswith(OURS)}


def paths(words: Words, *above: str) -> set[tuple[str, ...]]:
    """Every key that leads to a text."""
    found: set[tuple[str, ...]] = set()
    for key, value in words.items():
        found |= paths(value, *above, key) if isinstance(value, dict) else {(*above, key)}
    return found


def _node(schema: dict[str, Any]) -> Words:
    inputs: Words = {}
    for name, (_, options) in _fields(schema).items():
        inputs[name] = _entry(options.get("display_name") or name.replace("_", " "), options.get("tooltip"))
    tooltips = schema.get("output_tooltips") or [None] * len(schema["output_name"])
    outputs = {
        str(slot): _entry(name, tooltip)
        for slot, (name, tooltip) in enumerate(zip(schema["output_name"], tooltips, strict=True))
    }
    words: Words = {"display_name": schema["display_name"], "description": schema["description"], "inputs": inputs}
    return words | ({"outputs": outputs} if outputs else {})


def _entry(name: str, tooltip: str | None) -> Words:
    return {"name": name, "tooltip": tooltip} if tooltip else {"name": name}


def read(language: str, name: str = "nodeDefs") -> Words:
    """A locale file; empty when it is not there."""
    path = LOCALES / language / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def help_page(page: str, schema: dict[str, Any], words: Words, language: str) -> str:
    """A help page with the lists of its inputs and outputs renewed between the two marks.

    Lists, not tables: the panel that shows them is narrow.
    """
    start, rest = page.split(START)
    heads = HEADS[language]
    inputs = [
        _line(name, words["inputs"].get(name, {})) + _default(kind, options, heads, option_names(name, language))
        for name, (kind, options) in _fields(schema).items()
    ]
    outputs = [
        _line(name, words.get("outputs", {}).get(str(slot), {})) for slot, name in enumerate(schema["output_name"])
    ]
    parts = [
        f"## {heads[part]}\n\n" + "\n".join(rows) for part, rows in (("inputs", inputs), ("outputs", outputs)) if rows
    ]
    return f"{start}{START}\n\n" + "\n\n".join(parts) + f"\n\n{END}{rest.split(END)[1]}"


def _fields(schema: dict[str, Any]) -> dict[str, tuple[Any, dict[str, Any]]]:
    return {
        name: (
            schema["input"][part][name][0],
            {**[*schema["input"][part][name], {}][1], "optional": part == "optional"},
        )
        for part in ("required", "optional")
        for name in schema["input_order"].get(part, [])
    }


def _line(name: str, entry: Words) -> str:
    meaning = entry.get("tooltip")
    return f"- **{entry.get('name', name)}** (`{name}`)" + (f": {meaning}" if meaning else "")


def option_names(name: str, language: str) -> dict[str, str]:
    """What the page calls the entries of a menu; empty where it shows the values themselves."""
    ours = read(language, "main").get("adStudio", {})
    return ours.get("options", {}).get(name, {}) | ours.get("panel", {}).get(SHARED.get(name, ""), {})


def _default(kind: Any, options: dict[str, Any], heads: dict[str, str], names: dict[str, str]) -> str:
    """The default of an input; of a menu whose entries have other names on the page, these names as well."""
    choices = kind if isinstance(kind, list) else options.get("options")
    value = options.get("default", choices[0] if choices else None)
    text = value if isinstance(value, str) else json.dumps(value)
    named = [f"{names[choice]} = `{choice}`" for choice in choices or () if names.get(choice, choice) != choice]
    listed = f" {heads['choices']}: {', '.join(named)}." if 0 < len(named) <= MOST_CHOICES else ""
    return listed + (
        f" {heads['default']}: `{text}`." if value not in (None, "") and len(text) <= LONGEST_DEFAULT else ""
    )


def write(path: Path, text: str, *, check: bool) -> bool:
    """Write a file, or only say that it is out of step; True when it was."""
    stale = not path.exists() or path.read_text(encoding="utf-8") != text
    if stale:
        print("out of step:" if check else "wrote", path.relative_to(PACK))
        if not check:
            path.write_text(text, encoding="utf-8")
    return stale


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description="Keep locales and help pages in step with the nodes.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of step")
    check = parser.parse_args().check
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as base, running(Path(base)) as server:
        schemas = server.get("/object_info")
    words = {"en": english(schemas), "ko": read("ko")}
    text = json.dumps(words["en"], ensure_ascii=False, indent=2) + "\n"
    stale = [write(LOCALES / "en" / "nodeDefs.json", text, check=check)]
    wanted, present = paths(words["en"]), paths(words["ko"])
    for path in sorted(wanted ^ present):
        print("locales/ko/nodeDefs.json", "lacks" if path in wanted else "has too much:", ".".join(path))
    for language in words:
        for name in words["en"].keys() & words[language].keys():
            path = HELP / name / f"{language}.md"
            page = path.read_text(encoding="utf-8")
            stale.append(write(path, help_page(page, schemas[name], words[language][name], language), check=check))
    return 1 if (check and any(stale)) or wanted != present else 0


if __name__ == "__main__":
    sys.exit(main())
