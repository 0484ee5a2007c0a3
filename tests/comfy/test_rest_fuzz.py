"""Whatever the REST document allows, and much that it does not: never a server error, never a file elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from comfy_server import ComfyServer, running
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from test_rest import call, settle
from warm_python import Popen

from adstudio.run.rest.openapi import document

EXAMPLES = 25
ROOM_FOR_ONE = "rest: {queue: 1, per_minute: 1000000, deadline_s: 0.01}"


@pytest.fixture
def server(tmp_path: Path, warm_comfyui: Popen) -> Iterator[ComfyServer]:
    """One for this test alone: whom it sends away, it keeps a place for, and others would have to wait behind them."""
    base = tmp_path / "machine" / "comfyui"
    home = base / "user" / "__adstudio"
    home.mkdir(parents=True)
    (home / "settings.yaml").write_text(ROOM_FOR_ONE)
    with running(base, popen=warm_comfyui) as server:
        yield server


def test_no_request_breaks_the_server(server: ComfyServer, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    schema = schemathesis.openapi.from_dict(_narrowed(document()))
    results: list[Any] = list(schema.get_all_operations())
    operations = [result.ok() for result in results]
    statuses: dict[str, set[int]] = {}
    jobs: set[str] = set()
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                statuses.setdefault(operation.label, set()).update(_ask(server, operation, mode, jobs))
            except Unsatisfiable:  # nothing can be wrong where nothing is asked for, or any text will do
                assert mode is GenerationMode.NEGATIVE and operation.method in ("get", "delete")
    assert all(statuses.values()) and not [each for told in statuses.values() for each in told if each >= 500]
    assert any({200, 202} & told for label, told in statuses.items() if label.startswith("POST")), statuses
    for job in jobs:
        call(server, "DELETE", f"/adstudio/jobs/{job}")
        settle(server, job)
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    allowed = (server.base / "output", server.base / "input" / "adstudio", server.base / "user", server.base / "temp")
    assert all(any(path.is_relative_to(folder) for folder in allowed) for path in new), new
    assert "Error handling request" not in server.log()


def _narrowed(shown: dict[str, Any]) -> dict[str, Any]:
    """Name what this server has, or hardly anything right would ever be asked for."""
    has = {
        "brief": ["봄 딸기라떼", "대리석 위 커피 한 잔", "☕ 1+1 행사"],
        "style": ["realistic", "수채화"],
        "industry": ["auto", "cafe"],
        "provider": ["rules", "auto"],
        "channel": ["", "auto"],
        "checkpoint": ["demo"],
        "cutout": ["auto", "geodesic"],
        **{key: ["auto"] for key in ("text_encoder", "vae")},
        **{key: [None] for key in ("width", "height")},
        **{key: [[]] for key in ("loras", "placements")},
    }
    for task in ("Generate", "Edit", "Composite"):
        properties = shown["components"]["schemas"][task]["properties"]
        properties |= {name: {"enum": values} for name, values in has.items() if name in properties}
        properties.pop("text_style")
    return shown


def _ask(server: ComfyServer, operation: Any, mode: GenerationMode, jobs: set[str]) -> set[int]:
    """Ask whatever an operation allows, or does not; the statuses that came. ``jobs`` gets what was taken in."""
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,  # what went wrong once goes wrong again
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(base_url=server.url, timeout=300)
        statuses.add(answer.status_code)
        if answer.status_code in (200, 202) and case.method.lower() == "post":
            jobs.add(answer.json()["job"])
        assert answer.status_code < 500, (answer.status_code, case.as_curl_command(), answer.text[:500])

    ask()
    return statuses
