"""``adstudio industries``: the kinds of shops that a brief may be for."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import Any

from . import server_option


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("industries", help="list the kinds of shops that --industry knows")
    server_option.add(parser, "ask this ComfyUI, which may know more of them")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.set_defaults(command=run, quiet=False)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """List them."""
    found = _ask(options.server[0]) if options.server else _own()
    if not options.json:
        for each in found:
            sys.stdout.write(f"{each['id']:<16} {each['korean']}\n")
    return {"industries": found}


def _own() -> list[dict[str, Any]]:
    from ..catalogue import list_industries

    return list_industries()


def _ask(url: str) -> list[dict[str, Any]]:
    from ..remote.connection import Connection

    with closing(Connection(url)) as connection:
        return connection.get("/adstudio/industries")["industries"]
