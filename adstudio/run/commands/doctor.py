"""``adstudio doctor``: say what is wrong with a checkpoint, and put its configuration files right."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from . import server_option

if TYPE_CHECKING:
    from ...engine.doctor import Diagnosis, Finding
    from ..readiness import ModelFile, Readiness

_WIDTH = 118


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="compare a checkpoint's configuration with its weights, and put it right",
        description="Looks at the files of a checkpoint, compares its configurations with the names and shapes of its "
        "tensors, and says what is wrong. Loading mends the same in memory; --write mends the files. Weights are never "
        "read nor changed. Exit code 0: healthy, 1: problems are left.",
    )
    parser.add_argument("checkpoint", metavar="PATH", nargs="?", help="a checkpoint's folder or file, or its name")
    parser.add_argument(
        "--write", action="store_true", help="write mended JSON files; what stood there is kept as *.bak"
    )
    server_option.add(parser, "examine this ComfyUI instead")
    parser.add_argument(
        "--workflows", action="store_true", help="say which shipped workflows this machine has the models for"
    )
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        action="append",
        help="with --workflows: ComfyUI's models folder, instead of ADSTUDIO_MODELS; more than one may be given",
    )
    parser.add_argument("--rules", action="store_true", help="print the whole checklist instead")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Examine, write if asked to, and report."""
    if options.rules:
        return _print_rules(options)
    if options.server:
        return _examine_servers(options)
    if options.workflows:
        return _print_workflows(options)
    if not options.checkpoint:
        raise InputError("doctor.nothing", "No checkpoint was named.", "Say its folder, file or name, or --server.")
    from ...engine.doctor import write_mended

    diagnosis = _examine(options.checkpoint)
    written = write_mended(diagnosis) if options.write else ()
    left = [finding for finding in diagnosis.findings if not (options.write and finding.mended)]
    if not options.json and not options.quiet:
        sys.stdout.write(_report(diagnosis, left, written))
    return {
        "ok": not left,
        "path": str(diagnosis.path),
        "findings": [_as_json(finding) for finding in diagnosis.findings],
        "written": [str(path) for path in written],
        "notes": list(diagnosis.notes),
    }


def _examine_servers(options: argparse.Namespace) -> dict[str, Any]:
    from ..remote.health import examine

    found = [examine(url) for url in options.server]
    if not options.json and not options.quiet:
        for health in found:
            sys.stdout.write(f"{health.url}\n")
            sys.stdout.writelines(f"  {name}: {_told(value)}\n" for name, value in health.facts.items())
            sys.stdout.writelines(f"  PROBLEM  {problem}\n" for problem in health.problems)
            sys.stdout.write("" if health.problems else "  Ready.\n")
    servers = [{"url": each.url, "problems": list(each.problems), **each.facts} for each in found]
    return {"ok": not any(each.problems for each in found), "servers": servers}


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _examine(name: str) -> Diagnosis:
    from ...engine.doctor import examine_file, examine_folder
    from ...engine.forms.checkpoint import find_checkpoint
    from ...engine.forms.layouts import checkpoint_in
    from ...engine.memory.torch_host import TorchHost

    host, path = TorchHost("cpu"), Path(name).expanduser()
    found = checkpoint_in(path if path.exists() else find_checkpoint(name, host))
    return examine_file(found, host) if found.is_file() else examine_folder(found)


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "part": finding.part,
        "message": finding.message,
        "mendable": finding.mended,
    }


def _report(diagnosis: Diagnosis, left: list[Finding], written: tuple[Path, ...]) -> str:
    lines = [str(diagnosis.path)]
    for part in dict.fromkeys(finding.part for finding in diagnosis.findings):
        lines.append(f"  {part}")
        for finding in diagnosis.findings:
            if finding.part == part:
                mark = ("mendable" if finding in left else "mended  ") if finding.mended else "PROBLEM "
                lines += textwrap.wrap(
                    f"{mark}  {finding.message}  [{finding.rule}]",
                    _WIDTH,
                    initial_indent="    ",
                    subsequent_indent=" " * 14,
                )
    for note in diagnosis.notes:
        lines += textwrap.wrap(f"note  {note}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 8)
    lines += [f"  wrote {path.relative_to(diagnosis.path)}{_kept(path)}" for path in written]
    lines.append(_verdict(diagnosis, left))
    return "\n".join(lines) + "\n"


def _kept(path: Path) -> str:
    backup = path.with_name(f"{path.name}.bak")
    return f", kept what was there as {backup.name}" if backup.exists() else ""


def _verdict(diagnosis: Diagnosis, left: list[Finding]) -> str:
    if not diagnosis.findings:
        return "Healthy."
    if not left:
        return f"{len(diagnosis.findings)} mended; healthy now."
    mendable = sum(finding.mended for finding in left)
    hopeless = len(left) - mendable
    said = []
    if mendable:
        said.append(f"{mendable} that loading mends in memory by itself, and --write in the files")
    if hopeless:
        said.append(f"{hopeless} that cannot be mended here")
    return f"Problems: {'; '.join(said)}."


def _print_rules(options: argparse.Namespace) -> dict[str, Any]:
    from ...engine.doctor import FILE_RULES, RULES

    rules = [*FILE_RULES, *RULES]
    if not options.json:
        for rule in rules:
            mark = "mends " if rule.mendable else "says  "
            sys.stdout.write(f"{mark} {rule.id}: {rule.looks_at}: {rule.right}\n")
    fields = ("id", "part", "looks_at", "right", "mendable")
    return {"rules": [{name: getattr(rule, name) for name in fields} for rule in rules]}


def _print_workflows(options: argparse.Namespace) -> dict[str, Any]:
    from ..readiness import check_workflows, find_in

    for folder in options.models or ():
        if not folder.is_dir():
            raise InputError("doctor.no_folder", f"There is no folder {folder}.", "Name ComfyUI's models folder.")
    found = check_workflows(find_in(options.models) if options.models else None)
    if not options.json and not options.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in _workflow_lines(found)))
    return {
        "workflows": [
            {
                "workflow": each.workflow,
                "engine": each.engine,
                "ready": each.is_ready,
                "commercial": each.is_commercial,
                "files": [_file_as_json(file) | {"state": state} for file, state in each.files],
            }
            for each in found
        ]
    }


def _workflow_lines(found: tuple[Readiness, ...]) -> list[str]:
    lines, shown = [], set[str]()
    for each in found:
        lines.append(f"{'ready  ' if each.is_ready else 'waiting'}  {each.workflow}")
        for file, state in each.files:
            if state != "there":
                known = "as above" if file.id in shown else f"{file.gb:g} GB, {file.licence}, {file.hub}"
                lines.append(f"           {state}: models/{file.place} ({known})")
                shown.add(file.id)
    return lines


def _file_as_json(file: ModelFile) -> dict[str, Any]:
    names = ("place", "hub", "path", "gb", "licence", "commercial")
    return {name: getattr(file, name) for name in names}
