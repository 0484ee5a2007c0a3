"""A key that a test hands the server, and that must turn up nowhere but in its settings."""

from __future__ import annotations

import json
from contextlib import suppress

from comfy_server import ComfyServer, Run

KEY = "sk-canary-0123456789abcdef"


def assert_no_key(server: ComfyServer, run: Run) -> None:
    """Look for the key in what the server tells of a run, in its log, and in every file that it has written."""
    everything = json.dumps(run.entry, ensure_ascii=False) + server.log()
    for folder in ("output", "temp", "user"):
        for path in (server.base / folder).rglob("*"):
            if path.is_file() and path.name != "settings.yaml":
                with suppress(FileNotFoundError):  # the journal of ComfyUI's database comes and goes
                    everything += path.read_bytes().decode("latin-1")
    assert KEY not in everything
