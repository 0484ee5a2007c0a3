"""What a finished file may be asked for on the command line."""

from __future__ import annotations

import argparse
from typing import Any

from ...text.paint.label import LABELS


def add_options(parser: Any) -> None:
    """Add what a finished file may be asked for to a command."""
    parser.add_argument(
        "--max-kb", type=int, metavar="N", help="the most a file may take, in thousands of bytes; refused if impossible"
    )
    parser.add_argument(
        "--ai-label",
        nargs="?",
        const=LABELS[0],
        default="",
        metavar="TEXT",
        help=f"write on the picture that it comes from AI ({LABELS[0]})",
    )
    parser.add_argument(
        "--credentials", action="store_true", help="sign the files with the content credentials of the settings"
    )


def request_fields(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that these options fill."""
    return {"max_kb": options.max_kb, "ai_label": options.ai_label, "credentials": options.credentials}
