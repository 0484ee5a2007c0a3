"""Write the published JSON schema of layout plans: ``python -m tools.plan_schema``."""

from __future__ import annotations

import json
from pathlib import Path

from adstudio.layout.plan.schema import plan_schema

PATH = Path(__file__).parents[1] / "adstudio" / "layout" / "data" / "plan.schema.json"


def text() -> str:
    """The file as it should be."""
    return json.dumps(plan_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
