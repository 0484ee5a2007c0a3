"""``adstudio industries`` and ``styles``: what ``--industry`` and ``--style`` may say."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import Any

from . import server_option


def add(commands: Any) -> None:
    """Add both commands to the command line."""
    for name, what in (("industries", "kinds of shops that --industry knows"), ("styles", "looks that --style knows")):
        parser = commands.add_parser(name, help=f"list the {what}")
        server_option.add(parser, "ask this ComfyUI, which may know more of them")
        parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
        parser.set_defaults(command=run, listed=name, quiet=False)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """List them."""
    name = options.listed
    found = _ask(options.server[0], name) if options.server else _own(name)
    if not options.json:
        for each in found:
            sys.stdout.write(f"{each['id']:<16} {each['korean']}\n")
    return {name: found}


def _own(name: str) -> list[dict[str, Any]]:
    from ..catalogue import list_industries, list_styles

    return list_industries() if name == "industries" else list_styles()


def _ask(url: str, name: str) -> list[dict[str, Any]]:
    from ..remote.connection import Connection

    with closing(Connection(url)) as connection:
        return connection.get(f"/adstudio/{name}")[name]
