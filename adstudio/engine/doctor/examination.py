"""Examine a checkpoint folder file by file, and write what was mended back into it.

Unlike opening a checkpoint, which stops at the first file that is not right, this says everything at once.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...counts import counted
from ...errors import ModelError, StorageError
from ...ports import Host
from ..forms.manifest import MANIFEST, record_changes
from ..forms.parts import Part, Sources
from ..forms.split_files import read_split
from ..forms.storage_notes import storage_notes, with_dtypes
from ..forms.weight_files import WEIGHT_STEMS, find_weights, first_of_weights
from ..tensors.readable import LFS_MARK, read_json
from ..tensors.safetensors_header import read_tensor_infos
from .diagnosis import diagnose, examine
from .findings import Config, Finding, Rule

_CONFIG_FILES = {
    **{part: f"{part}/config.json" for part in WEIGHT_STEMS},
    "scheduler": "scheduler/scheduler_config.json",
    "model_index": "model_index.json",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a checkpoint, and the configurations as they should be, by file.

    ``mended`` is empty where nothing can be mended, and where a file came without a configuration of its own.
    ``notes`` say what the storage of the weights will cost; that is no fault.
    """

    path: Path
    findings: tuple[Finding, ...]
    mended: dict[Path, Config]
    notes: tuple[str, ...] = ()


def examine_folder(path: Path) -> Diagnosis:
    """Go through a checkpoint in diffusers layout: files first, then what is in them.

    Raises:
        ModelError: the folder is not there or not to be read.
    """
    findings: list[Finding] = []
    configs = {part: _read_config(path, part, findings) for part in _CONFIG_FILES}
    parts = {part: _read_part(path, part, configs[part][0], findings) for part in WEIGHT_STEMS}
    _check_small_files(path, findings)
    whole = [part for part in parts.values() if part is not None]
    if len(whole) < len(WEIGHT_STEMS):  # without all tensors there is nothing to compare with
        return Diagnosis(path, tuple(findings), {})
    sources = Sources(*whole, scheduler=configs["scheduler"][0], tokenizer=path / "tokenizer")
    case, more = diagnose(sources, index=configs["model_index"][0])
    mended = {}
    for part, (config, was_read) in configs.items():
        right = case.config(part) if part != "model_index" else case.index or {}
        unknown = not was_read and part != "model_index" and case.known_as(part) is None
        if unknown or (was_read and right == config):
            continue
        mended[path / _CONFIG_FILES[part]] = right
    findings = [_judged(finding, path, mended) for finding in findings]
    return Diagnosis(path, (*findings, *more), mended, _notes(sources))


def examine_file(path: Path, host: Host | None) -> Diagnosis:
    """Go through a checkpoint in one file or in ComfyUI's split files; it has no configurations that could be written.

    Raises:
        ModelError: a file is missing, not whole, or of another model.
    """
    sources = read_split(path, host)
    return Diagnosis(path, examine(sources), {}, _notes(sources))


def write_mended(diagnosis: Diagnosis) -> tuple[Path, ...]:
    """Write the mended configurations; what stood there before is kept beside as ``*.bak``, the first time only.

    Returns:
        The files written. Each is replaced in one step: at no time is there half a file.

    Raises:
        StorageError: a file cannot be written; the ones before it are whole.
    """
    for path, config in diagnosis.mended.items():
        with _writing(path):
            _replace(path, config)
        with _writing(diagnosis.path / MANIFEST):  # else a downloaded checkpoint would count as damaged; and at once,
            record_changes(diagnosis.path, [path])  # as the next file may not be written
    return tuple(diagnosis.mended)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            "storage.cannot_write",
            f"{path} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the free space of its disk.",
            file=str(path),
        ) from error


def _replace(path: Path, config: Config) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    backup = path.with_name(f"{path.name}.bak")
    if path.is_file() and not backup.exists():
        shutil.copy2(path, backup)
    target = path.resolve()  # a link to a shared file stays a link
    if target.parent.name == "blobs":  # but a hub's cache names files by their bytes, which must stay
        target = path
    fresh = target.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(config, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _read_config(path: Path, part: str, findings: list[Finding]) -> tuple[Config, bool]:
    """A configuration, empty where it cannot be read, and whether it could."""
    try:
        return read_json(path / _CONFIG_FILES[part]), True
    except ModelError as error:
        file = path / _CONFIG_FILES[part]
        said = "is a git-lfs pointer, not the file itself" if _is_lfs_pointer(file) else _without(error.message, file)
        findings.append(Finding(f"{part}.config_file", part, f"{_CONFIG_FILES[part]} {said}.", False))
        return {}, False


def _read_part(path: Path, part: str, config: Config, findings: list[Finding]) -> Part | None:
    try:
        files = find_weights(path / part, WEIGHT_STEMS[part])
        tensors = read_tensor_infos(files)
    except ModelError as error:
        findings.append(Finding(f"{part}.weights", part, f"{error.message} {error.hint}", False))
        return None
    first = first_of_weights([file.name for file in (path / part).iterdir()], WEIGHT_STEMS[part])
    if first is not None and first.endswith(".json"):
        index = path / part / first
        promised = set(read_json(index).get("weight_map", {}))
        if lost := sorted(promised - tensors.keys()):
            named = f"that {index.name} promises"
            count = counted(len(lost), f"tensor {named} is", f"tensors {named} are")
            said = f"{count} in none of the shards (first: {lost[0]})."
            findings.append(Finding(f"{part}.weights_index", part, said, False))
    return Part(part, tuple(files), tensors, config, path / part / "config.json")


def _check_small_files(path: Path, findings: list[Finding]) -> None:
    """Every other small file must be there for real: no git-lfs pointer, not empty, and JSON where it says so."""
    named = {path / name for name in _CONFIG_FILES.values()}
    for file in sorted({*path.glob("*/*.json"), *path.glob("tokenizer/*")} - named):
        said = None
        if not file.is_file():
            continue
        if file.stat().st_size == 0:
            said = "is empty"
        elif _is_lfs_pointer(file):
            said = "is a git-lfs pointer, not the file itself"
        elif file.suffix == ".json" and not _is_json(file):
            said = "is not JSON"
        if said:
            part = file.parent.name
            findings.append(Finding(f"{part}.files", part, f"{file.name} {said}; download it again.", False))


def _notes(sources: Sources) -> tuple[str, ...]:
    return tuple(note for part in with_dtypes(sources).parts for note in storage_notes(part))


def _judged(finding: Finding, path: Path, mended: dict[Path, Config]) -> Finding:
    if not finding.rule.endswith(".config_file") or path / _CONFIG_FILES[finding.part] not in mended:
        return finding
    return Finding(finding.rule, finding.part, f"{finding.message} What it must say is known.", True)


def _is_lfs_pointer(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(LFS_MARK)) == LFS_MARK


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # brackets without end
        return False
    return True


def _without(message: str, file: Path) -> str:
    return message.replace(f"The file {file} ", "").replace(f"{file} ", "").rstrip(".")


def _rule(part: str, id: str, looks_at: str, right: str, mendable: bool) -> Rule:
    return Rule(f"{part}.{id}", part, looks_at, right, mendable, lambda _: None)


FILE_RULES: tuple[Rule, ...] = (
    *(
        _rule(part, "config_file", name, "there, JSON, no git-lfs pointer; a known model's can be written anew", True)
        for part, name in _CONFIG_FILES.items()
    ),
    *(
        _rule(part, "weights", "*.safetensors", "all there, not empty, no git-lfs pointer, not cut short", False)
        for part in WEIGHT_STEMS
    ),
    *(
        _rule(part, "weights_index", "*.index.json", "every tensor that it names is in a shard", False)
        for part in WEIGHT_STEMS
    ),
    *(
        _rule(part, "files", "the other small files", "not empty, no git-lfs pointer, JSON where they say so", False)
        for part in (*WEIGHT_STEMS, "tokenizer", "scheduler")
    ),
)
