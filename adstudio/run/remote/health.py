"""Whether a ComfyUI server can do what this client asks of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ... import __version__
from ...errors import ServerError
from .connection import Connection, Refused
from .graph import STEPS, Graph, shipped_names


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; ``problems`` keep ads from being made, ``facts`` are good to know."""

    url: str
    problems: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def examine(url: str) -> Health:
    """Ask a server how it is."""
    with closing(Connection(url)) as connection:
        return _examine(connection)


def _examine(connection: Connection) -> Health:
    try:
        stats = connection.get("/system_stats")
    except ServerError as error:
        return Health(connection.url, (str(error),))
    system = stats.get("system", {})
    devices = [str(device.get("name")) for device in stats.get("devices", [])]
    facts: dict[str, Any] = {"comfyui": system.get("comfyui_version", ""), "devices": devices}
    facts["queue"] = connection.get("/prompt").get("exec_info", {}).get("queue_remaining", 0)
    problems = _lacking(connection)
    try:
        told = connection.get("/adstudio/health")
        facts |= {name: told[name] for name in ("adstudio", "checkpoints", "engines") if name in told}
        if told.get("adstudio") != __version__:
            problems.append(f"Ad Studio is {told.get('adstudio')} there and {__version__} here: update the older one.")
    except Refused as error:
        if error.status != 404:
            raise
        problems.append("Ad Studio's own routes are missing: update it there.")
    return Health(connection.url, tuple(problems), facts)


def _lacking(connection: Connection) -> list[str]:
    """What the server lacks of the nodes of the shipped workflows, and of their inputs."""
    wanted: dict[str, set[str]] = {}
    for name in shipped_names():
        for node in Graph.shipped(name).nodes.values():
            if node["class_type"] in STEPS:
                wanted.setdefault(node["class_type"], set()).update(node["inputs"])
    problems = []
    for kind, inputs in sorted(wanted.items()):
        schema = connection.get(f"/object_info/{kind}").get(kind)
        parts = (schema or {}).get("input", {})
        known = {name for part in ("required", "optional") for name in parts.get(part, {})}
        if not schema:
            problems.append(f"The node {kind} is missing: install Ad Studio there.")
        elif inputs - known:
            problems.append(f"The node {kind} lacks {', '.join(sorted(inputs - known))}: update Ad Studio there.")
    return problems
