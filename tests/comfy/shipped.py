"""What the pack ships: its nodes and workflows, and how a workflow's UI form reads as a prompt."""

from __future__ import annotations

import json
from typing import Any

from comfy_server import ComfyServer
from comfyui import PACK

NAMES = sorted(path.stem for path in (PACK / "workflows").glob("*.json"))
APPS = [name for name in NAMES if name.endswith(".app")]
NODES = {
    "AdStudioZitLoader": "model",
    "AdStudioLoraStyle": "model",
    "AdStudioZitToNative": "native",
    "AdStudioLanguageModel": "prompt",
    "AdStudioPromptProcessor": "prompt",
    "AdStudioAdCopy": "prompt",
    "AdStudioText2Image": "generate",
    "AdStudioImage2Image": "generate",
    "AdStudioContactBlend": "generate",
    "AdStudioBackgroundRemoval": "cutout",
    "AdStudioTextLayoutAnalyzer": "layout",
    "AdStudioProductLayoutAnalyzer": "layout",
    "AdStudioLayoutEditor": "layout",
    "AdStudioBackgroundComposite": "compose",
    "AdStudioShadow": "compose",
    "AdStudioTextOverlay": "text",
    "AdStudioChannelPreset": "channels",
    "AdStudioFitToChannel": "channels",
    "AdStudioReflow": "channels",
    "AdStudioChannelCheck": "channels",
    "AdStudioChannelTemplate": "channels",
    "AdStudioSaveImage": "output",
}
WIDGETS = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"}
NOTES = {"MarkdownNote", "Note"}


def ours(server: ComfyServer) -> dict[str, Any]:
    """The schemas of this pack's nodes."""
    module = f"custom_nodes.{server.folder}"
    return {name: info for name, info in server.get("/object_info").items() if info["python_module"] == module}


def inputs(info: dict[str, Any]) -> dict[str, tuple[Any, dict[str, Any]]]:
    """All inputs of a node: ``name -> (type, options)``."""
    return {
        name: (entry[0], entry[1] if len(entry) > 1 else {})
        for part in ("required", "optional")
        for name, entry in info["input"].get(part, {}).items()
    }


def api_graph(name: str) -> dict[str, Any]:
    """A shipped workflow in API form."""
    return json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))


def ui_graph(name: str) -> dict[str, Any]:
    """A shipped workflow in UI form."""
    return json.loads((PACK / "workflows" / f"{name}.json").read_text(encoding="utf-8"))


def node_of(graph: dict[str, Any], node: str) -> str:
    """The id of the one node of that class in a graph in API form."""
    (found,) = (number for number, step in graph.items() if step["class_type"] == node)
    return found


def as_prompt(workflow: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Convert UI form to API form, by widget *position*, as a frontend does that knows no widget names."""
    sources = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt: dict[str, Any] = {}
    for node in workflow["nodes"]:
        if node["type"] in NOTES:
            continue
        schema = schemas[node["type"]]
        values = list(node.get("widgets_values", []))
        inputs: dict[str, Any] = {}
        for name, options in _widgets(schema).items():
            inputs[name] = values.pop(0)
            if options.get("control_after_generate") or options.get("image_upload"):
                values.pop(0)  # widgets of the frontend alone
        assert not values, f"{node['type']} has widget values left over: {values}"
        inputs |= {entry["name"]: sources[entry["link"]] for entry in node["inputs"] if entry["link"] is not None}
        prompt[str(node["id"])] = {
            "class_type": node["type"],
            "inputs": inputs,
            "_meta": {"title": node.get("title", schema["display_name"] or node["type"])},
        }
    return prompt


def _widgets(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for part in ("required", "optional"):
        for name in schema["input_order"].get(part, []):
            kind, *options = schema["input"][part][name]
            settings = options[0] if options else {}
            if (isinstance(kind, list) or kind in WIDGETS) and not settings.get("forceInput"):
                found[name] = settings
    return found
