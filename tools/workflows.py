"""Write `workflows/` (UI form), `workflows/api/` (API form) and `subgraphs/` from their descriptions in `workflow_*`.

Those that a request is filled into are written a second time, into the library, where `pip install` takes them along.

    python tools/workflows.py            # write
    python tools/workflows.py --check    # exit 1 when the files are not what the description gives

Starts ComfyUI to read the nodes' schemas, so widget order, defaults and socket types are never typed twice.
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
from workflow_apps import APPS
from workflow_graphs import GRAPHS
from workflow_parts import Graph, Group, Link, Step
from workflow_subgraphs import BLUEPRINTS, Blueprint, blueprint_form

from adstudio.run.engines import ENGINES
from adstudio.run.remote.graph import WORKFLOWS

FOLDER = PACK / "workflows"
FILLED = {name for engine in ENGINES.values() for name in engine.workflows}  # by requests, also from a wheel
GROWING = "COMFY_AUTOGROW_V3"
WIDGET_TYPES = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"}
SLOT, ROW, TITLE, GROUP_TITLE, PAD, GAP = 20, 24, 30, 44, 20, 60
TALLER = 50  # than this canvas draws a node, Nodes 2.0 does: the pack's name, the switch of the advanced inputs
NOTE_SIZE = (420, 460)
ORIGIN = (60, 60)
VIEW_PX = 1750  # the whole graph is in sight on a full HD screen
SMALLEST_SCALE = 0.6  # further away the canvas draws no words

Schemas = dict[str, Any]


def widgets(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs that are widgets, in widget order: ``name -> options``."""
    return {
        name: {**options, "type": kind, "options": options.get("options", kind if isinstance(kind, list) else None)}
        for name, (kind, options) in _inputs(schema).items()
        if (isinstance(kind, list) or kind in WIDGET_TYPES) and not options.get("forceInput")
    }


def api_form(graph: Graph, schemas: Schemas) -> dict[str, Any]:
    """The graph as POST /prompt takes it."""
    ids = graph.ids()
    prompt: dict[str, Any] = {}
    for step in graph.steps():
        schema = _settled(graph, step, schemas)
        unknown = set(step.values) - set(_inputs(schema))
        if unknown:
            raise SystemExit(f"{graph.name}: {step.node} has no input {sorted(unknown)}")
        inputs = {name: _default(o) for name, o in widgets(schema).items() if name not in step.values}
        for name, value in step.values.items():
            inputs[name] = [str(ids[value.step]), value.output] if isinstance(value, Link) else value
        inputs = {name: inputs[name] for name in _inputs(schema) if name in inputs}
        prompt[str(ids[step.key])] = {
            "inputs": inputs,
            "class_type": step.node,
            "_meta": {"title": schema["display_name"] or step.node},  # some core nodes have no name of their own
        }
    return prompt


def ui_form(graph: Graph, schemas: Schemas) -> dict[str, Any]:
    """The graph as the frontend saves it (LiteGraph 0.4)."""
    prompt, ids = api_form(graph, schemas), graph.ids()
    note_id = len(ids) + 1
    nodes: dict[str, dict[str, Any]] = {}
    links: list[list[Any]] = []
    places, groups = _arrange(graph, schemas)
    for order, step in enumerate(graph.steps()):
        schema = _settled(graph, step, schemas)
        nodes[step.key] = _node(
            step, ids[step.key], order, schema, prompt[str(ids[step.key])]["inputs"], places[step.key]
        )
    for step in graph.steps():
        slots = nodes[step.key]["inputs"]
        for slot, entry in enumerate(slots):
            value = step.values.get(entry["name"])
            if not isinstance(value, Link):
                continue
            number = len(links) + 1
            output = nodes[value.step]["outputs"][value.output]
            entry["link"] = number
            output["links"] = [*(output["links"] or []), number]
            links.append([number, ids[value.step], value.output, ids[step.key], slot, output["type"]])
    return {
        "id": graph.uuid,
        "revision": 0,
        "last_node_id": note_id,
        "last_link_id": len(links),
        "nodes": [*nodes.values(), _note(graph, note_id, len(ids))],
        "links": links,
        "groups": groups,
        "config": {},
        "extra": {"ds": {"scale": _scale(groups), "offset": [60, 160]}, **_app(graph)},
        "version": 0.4,
    }


def _app(graph: Graph) -> dict[str, Any]:
    """What has the frontend open a workflow as a form."""
    if not graph.form:
        return {}
    ids = graph.ids()
    fields = [[ids[step], widget] for step, widget in graph.form]
    return {"linearMode": True, "linearData": {"inputs": fields, "outputs": [ids["save"]]}}


def _settled(graph: Graph, step: Step, schemas: Schemas) -> dict[str, Any]:
    """A schema whose inputs grow, with those that the step links and one that is free, all of what is linked."""
    schema = schemas[step.node]
    grown = {name: entry for name, entry in schema["input"].get("required", {}).items() if entry[0] == GROWING}
    if not grown:
        return schema
    ((name, _),) = grown.items()
    linked = [value for key, value in step.values.items() if key.startswith(f"{name}.") and isinstance(value, Link)]
    source = next(other for other in graph.steps() if other.key == linked[0].step)
    kind = schemas[source.node]["output"][linked[0].output]
    prefix = grown[name][1]["template"]["prefix"]
    first, *others = (f"{name}.{prefix}{number}" for number in range(len(linked) + 1))
    return {
        **schema,
        "input": {"required": {first: [kind]}, "optional": {each: [kind] for each in others}},
        "input_order": {"required": [first], "optional": others},
        "output": [kind],
    }


def _inputs(schema: dict[str, Any]) -> dict[str, tuple[Any, dict[str, Any]]]:
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for part in ("required", "optional"):
        for name in schema["input_order"].get(part, []):
            kind, *options = schema["input"][part][name]
            found[name] = (kind, {**(options[0] if options else {}), "optional": part == "optional"})
    return found


def _default(options: dict[str, Any]) -> Any:
    if "default" in options:
        return options["default"]
    if options["options"]:
        return options["options"][0]
    return {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}[options["type"]]


def _node(
    step: Step, number: int, order: int, schema: dict[str, Any], values: dict[str, Any], place: list[list[float]]
) -> dict[str, Any]:
    shown = widgets(schema)
    sockets = [name for name in _inputs(schema) if name not in shown]
    inputs: list[dict[str, Any]] = []
    for name in sockets:
        kind, options = _inputs(schema)[name]
        shape = {"shape": 7} if options["optional"] else {}
        label = {"label": name.rpartition(".")[2]} if "." in name else {}
        inputs.append({"name": name, **label, **shape, "type": kind, "link": None})
    named: dict[str, Any] = {}
    for name, options in shown.items():
        kind = "COMBO" if isinstance(options["type"], list) else options["type"]
        shape = {"shape": 7} if options["optional"] else {}
        inputs.append({"name": name, **shape, "type": kind, "widget": {"name": name}, "link": None})
        # A linked widget keeps a value of its own in the file, used again when the link is cut.
        named[name] = _default(options) if isinstance(values[name], list) else values[name]
        if options.get("control_after_generate"):
            named["control_after_generate"] = step.after_generate
        if options.get("image_upload"):
            inputs.append({"name": "upload", "type": "IMAGEUPLOAD", "widget": {"name": "upload"}, "link": None})
            named["upload"] = "image"
    outputs = [
        {"name": name, "type": kind, "links": None}
        for name, kind in zip(schema["output_name"], schema["output"], strict=True)
    ]
    pack = {"cnr_id": "zit-ad-studio"} if step.node.startswith("AdStudio") else {"cnr_id": "comfy-core"}
    values = {"widgets_values": list(named.values()), "widgets_values_named": named} if named else {}
    return {
        "id": number,
        "type": step.node,
        "pos": place[0],
        "size": place[1],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": inputs,
        "outputs": outputs,
        "properties": {**pack, "Node name for S&R": step.node},
        **values,
    }


def _note(graph: Graph, number: int, order: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "MarkdownNote",
        "pos": list(ORIGIN),
        "size": list(NOTE_SIZE),
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "title": "읽어 주세요 · Read me",
        "properties": {},
        "widgets_values": [graph.note],
        "widgets_values_named": {"text": graph.note},
        "color": "#432",
        "bgcolor": "#653",
    }


def _height(step: Step, schema: dict[str, Any]) -> float:
    shown = widgets(schema)
    sockets = len(_inputs(schema)) - len(shown)
    rows = len(shown) + sum(bool(o.get("control_after_generate")) + bool(o.get("image_upload")) for o in shown.values())
    tall = sum(step.text_height - ROW for options in shown.values() if options.get("multiline"))
    slots = max(sockets, len(schema["output"])) * SLOT
    return slots + rows * ROW + tall + (14 if shown else 6) + step.picture_height


def _arrange(graph: Graph, schemas: Schemas) -> tuple[dict[str, list[list[float]]], list[dict[str, Any]]]:
    """Stack the groups in columns behind the note; return ``key -> [pos, size]`` and the groups' frames."""
    places: dict[str, list[list[float]]] = {}
    frames: list[dict[str, Any]] = []
    left = float(ORIGIN[0] + NOTE_SIZE[0] + GAP)
    settled = {step.key: _settled(graph, step, schemas) for step in graph.steps()}
    for column in graph.columns:
        width = max(step.width for group in column for step in group.steps)
        top = float(ORIGIN[1] - TITLE)
        for group in column:
            bottom = _stack(group, settled, (left + PAD, top + GROUP_TITLE, width), places)
            frame = [left, top, width + 2 * PAD, bottom + PAD - top]
            frames.append(
                {"id": len(frames) + 1, "title": group.title, "bounding": frame, "color": group.color, "flags": {}}
            )
            top = bottom + PAD + GAP
        left += width + 2 * PAD + GAP
    return places, frames


def _stack(
    group: Group, schemas: Schemas, place: tuple[float, float, float], places: dict[str, list[list[float]]]
) -> float:
    """Put the nodes of a group under each other, all as wide as the column; return where the last one ends."""
    left, top, width = place
    for step in group.steps:
        height = _height(step, schemas[step.key])
        places[step.key] = [[left, top + TITLE], [width, height]]
        top += TITLE + height + max(step.room, TALLER) + PAD
    return top - PAD


def _scale(frames: list[dict[str, Any]]) -> float:
    width = max(frame["bounding"][0] + frame["bounding"][2] for frame in frames)
    return max(SMALLEST_SCALE, min(1.0, round(VIEW_PX / width, 2)))


def render(schemas: Schemas) -> dict[Path, str]:
    """Every workflow file and its text."""
    files: dict[Path, str] = {}
    for graph in (*GRAPHS, *APPS):
        files[FOLDER / f"{graph.name}.json"] = _text(ui_form(graph, schemas))
        files[FOLDER / "api" / f"{graph.name}.json"] = _text(api_form(graph, schemas))
        if graph.name in FILLED:
            files[WORKFLOWS / f"{graph.name}.json"] = files[FOLDER / "api" / f"{graph.name}.json"]
    for blueprint in BLUEPRINTS:
        files[PACK / "subgraphs" / f"{blueprint.name}.json"] = _text(_blueprint(blueprint, schemas))
    return files


def _blueprint(blueprint: Blueprint, schemas: Schemas) -> dict[str, Any]:
    def make_node(step: Step, number: int, place: list[list[float]]) -> dict[str, Any]:
        schema = schemas[step.node]
        values = {name: _default(options) for name, options in widgets(schema).items()} | step.values
        return _node(step, number, number - 1, schema, values, place)

    return blueprint_form(blueprint, make_node, lambda step: _height(step, schemas[step.node]))


def _text(form: dict[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description="Write the shipped workflows from their description.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as base, running(Path(base)) as server:
        files = render(server.get("/object_info"))
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(("out of date: " if check else "wrote ") + str(path.relative_to(PACK)))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
