"""The operator's settings: ``settings.yaml`` in ``config.home()`` and the environment. Keys come from nowhere else.

A key belongs to one host and never travels to another: a workflow may name any address, and it must not be able to
collect the keys of this machine. ``docs/providers.md`` describes the file.
"""

from __future__ import annotations

import difflib
import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from . import config
from .errors import InputError, ProviderError
from .service import Address, Key, read_address

logger = logging.getLogger("adstudio")

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-5.4-mini"
DEFAULT_TIMEOUT_S = 60.0
DEFAULT_ENGINE = "zit"
FILE = "settings.yaml"
_TOP = {"provider": str, "engine": str, "checkpoint": str, "cache": bool}
_TOP |= {"openai": dict, "credentials": dict, "rest": dict}
_OPENAI = {"base_url": str, "model": str, "vision_model": str, "timeout_s": float, "keys": dict, "allowed": list}
_CREDENTIALS = {"certificates": str, "key": str}
_REST = {"token": str, "max_mb": float, "per_minute": float, "queue": float, "deadline_s": float}
_REST |= {"webhooks": list, "webhooks_private": bool}
_WORDS = {str: "text", bool: "yes or no", float: "a number", dict: "fields of its own", list: "a list"}
_TIMEOUTS_S = (1.0, 600.0)
_LONGEST_MODEL = 200
_warned: set[tuple[str, int]] = set()


@dataclass(frozen=True, slots=True)
class Service:
    """A language model behind an address, with the key that may be sent there."""

    address: Address
    model: str
    key: Key
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator has set.

    Args:
        provider: who writes prompts where nobody was named.
        engine: which model draws where none was named, and of ``zit`` which ``checkpoint``; ``run.usual`` reads both.
        cache: keep what language models wrote on disk.
        vision_model: the model that looks at pictures; empty = none is known to.
        keys: by host, ``host`` or ``host:port``.
        allowed: what a request from elsewhere may name as its address, besides ``base_url``.
        certificates: path of the file that content credentials are signed with; ``signing_key`` that of its key.
        rest: what the REST routes allow; ``run.rest.limits`` reads it.
    """

    provider: str = "auto"
    engine: str = DEFAULT_ENGINE
    checkpoint: str = config.EMBEDDED
    cache: bool = True
    base_url: str = DEFAULT_BASE_URL
    model: str = DEFAULT_MODEL
    vision_model: str = ""
    timeout_s: float = DEFAULT_TIMEOUT_S
    keys: Mapping[str, Key] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    certificates: str = ""
    signing_key: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_ready(self, base_url: str = "") -> bool:
        """Tell whether the service at an address could be asked: its key is here, or it needs none."""
        address = self.address(base_url)
        return address.host in self.keys or address.is_local

    def address(self, base_url: str = "") -> Address:
        """Read an address; empty takes the one of the settings."""
        return read_address(base_url.strip() or self.base_url)

    def allows(self, base_url: str) -> bool:
        """Tell whether a request that comes from elsewhere may name this address.

        Raises:
            InputError: ``provider.bad_address``.
        """
        wanted = self.address(base_url)
        return any(wanted.is_same(read_address(known)) for known in (self.base_url, *self.allowed))

    def service(self, base_url: str = "", model: str = "") -> Service:
        """Put together whom to ask, and with which key.

        Raises:
            InputError: ``provider.bad_address``.
            ProviderError: ``provider.no_key``, ``provider.insecure_address``.
        """
        address = self.address(base_url)
        name = model.strip() or self.model
        if len(name) > _LONGEST_MODEL or not name.isprintable():
            raise InputError("provider.bad_model", "The name of the model should be one short line.", "Correct it.")
        key = self.keys.get(address.host)
        if key is not None and not address.is_secure and not address.is_loopback:
            raise ProviderError(
                "provider.insecure_address",
                f"A key for {address.host} is set, but its address begins with http://, which anybody can read.",
                "Write https:// in the address, or take the key out of the settings if that server needs none.",
                host=address.host,
            )
        if key is None and not address.is_local:
            raise ProviderError(
                "provider.no_key",
                f"The language model at {address.host} needs a key, and none is set for that host.",
                _where_to_put_a_key(address),
                host=address.host,
            )
        return Service(address, name, key or Key.none(), self.timeout_s)


def _where_to_put_a_key(address: Address) -> str:
    variable = "OPENAI_API_KEY" if address.host == read_address(DEFAULT_BASE_URL).host else "ADSTUDIO_API_KEY"
    beside = "" if variable == "OPENAI_API_KEY" else f" and ADSTUDIO_BASE_URL={address.url}"
    return (
        f"Set {variable}{beside} in the environment of this program, or write the key into {config.home() / FILE}: "
        f'openai: {{keys: {{"{address.host}": ...}}}}. It never goes into a workflow. 키 없이 쓰려면 rules를 고르세요.'
    )


def read_settings() -> Settings:
    """Read the settings anew; edits count from the next call on.

    Of the address the environment's ``ADSTUDIO_BASE_URL`` wins over the file, and that over ``OPENAI_BASE_URL``.

    Raises:
        InputError: ``settings.bad_file`` with file, line and key; ``settings.bad_environment`` with the variable.
    """
    path = config.home() / FILE
    table, lines = _read_file(path)
    rows = _check(path, lines, (), table, _TOP)
    openai = _check(path, lines, ("openai",), rows.get("openai", {}), _OPENAI)
    signing = _check(path, lines, ("credentials",), rows.get("credentials", {}), _CREDENTIALS)
    keys = dict(_file_keys(path, lines, openai.get("keys", {})))
    if keys or rows.get("rest", {}).get("token"):
        _warn_of_readers(path)
    ours, theirs = _environment("ADSTUDIO_BASE_URL"), _environment("OPENAI_BASE_URL")
    written = _checked_address(path, lines, openai.get("base_url", ""))
    if key := _environment("OPENAI_API_KEY"):
        keys[_host_of("OPENAI_BASE_URL", theirs or DEFAULT_BASE_URL)] = _environment_key("OPENAI_API_KEY", key)
    if key := _environment("ADSTUDIO_API_KEY"):
        keys[_host_of("ADSTUDIO_BASE_URL", ours or written or DEFAULT_BASE_URL)] = _environment_key(
            "ADSTUDIO_API_KEY", key
        )
    timeout_s = float(openai.get("timeout_s", DEFAULT_TIMEOUT_S))
    if not _TIMEOUTS_S[0] <= timeout_s <= _TIMEOUTS_S[1]:
        what = f"'openai.timeout_s' should be between {_TIMEOUTS_S[0]:g} and {_TIMEOUTS_S[1]:g} seconds"
        raise _bad(path, lines, ("openai", "timeout_s"), what)
    return Settings(
        provider=rows.get("provider", "auto").strip().lower() or "auto",
        engine=_environment("ADSTUDIO_ENGINE") or rows.get("engine", "").strip() or DEFAULT_ENGINE,
        checkpoint=_environment("ADSTUDIO_CHECKPOINT") or rows.get("checkpoint", "").strip() or config.EMBEDDED,
        cache=rows.get("cache", True),
        base_url=ours or written or theirs or DEFAULT_BASE_URL,
        model=openai.get("model", "").strip() or DEFAULT_MODEL,
        vision_model=_environment("ADSTUDIO_VISION_MODEL") or openai.get("vision_model", "").strip(),
        timeout_s=timeout_s,
        keys=keys,
        allowed=tuple(_allowed(path, lines, openai.get("allowed", []))),
        certificates=_environment("ADSTUDIO_C2PA_CERTIFICATES") or signing.get("certificates", ""),
        signing_key=_environment("ADSTUDIO_C2PA_KEY") or signing.get("key", ""),
        rest=_check(path, lines, ("rest",), rows.get("rest", {}), _REST),
    )


def _environment(name: str) -> str:
    return os.environ.get(name, "").strip()


def _host_of(variable: str, url: str) -> str:
    try:
        return read_address(url).host
    except InputError as error:
        raise InputError("settings.bad_environment", f"{variable}: {error.message}", error.hint) from None


def _environment_key(variable: str, text: str) -> Key:
    if problem := Key.problem(text):
        raise InputError("settings.bad_environment", f"{variable} {problem}.", "Copy the key once more.")
    return Key(text)


def _checked_address(path: Path, lines: Mapping[tuple[str, ...], int], url: str, name: str = "base_url") -> str:
    if not url.strip():
        return ""
    try:
        read_address(url)
    except InputError as error:
        what = f"'openai.{name}': {error.message.rstrip('.')}"
    else:
        return url.strip()
    raise _bad(path, lines, ("openai", name), what)


def _allowed(path: Path, lines: Mapping[tuple[str, ...], int], rows: list[Any]) -> list[str]:
    return [_checked_address(path, lines, str(row) or "?", "allowed") for row in rows]


def _file_keys(path: Path, lines: Mapping[tuple[str, ...], int], rows: Mapping[Any, Any]) -> list[tuple[str, Key]]:
    found = []
    for name, value in rows.items():
        place = ("openai", "keys", str(name))
        host = str(name).strip().lower()
        if "/" in host or not host:
            raise _bad(
                path, lines, place, f"'openai.keys' should name hosts such as api.openai.com, not '{name!s:.60}'"
            )
        if value is None or value == "":
            continue
        problem = Key.problem(value.strip()) if isinstance(value, str) else "should be text; put it in quotes"
        if problem:
            raise _bad(path, lines, place, f"the key for '{host:.60}' {problem}")
        found.append((host, Key(value.strip())))
    return found


def _read_file(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """Read the file and the lines of its fields. Of a mistake only the place is told: YAML may quote a key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        _refuse_aliases(path, text)
        node = yaml.compose(text, yaml.SafeLoader)
        table = yaml.safe_load(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}, {}
    except UnicodeDecodeError:
        problem = "it should be saved as UTF-8 text, but it is not"
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = f"line {mark.line + 1}: this is not valid YAML" if mark else "this is not valid YAML"
    except RecursionError:
        problem = "it is nested too deeply"
    else:
        if table is None:
            return {}, {}
        if isinstance(table, dict):
            return table, dict(_lines_of(node, ()))
        problem = f"it should hold fields ('provider: ...'), but it holds a {type(table).__name__}"
    raise _bad(path, {}, (), problem)


def _refuse_aliases(path: Path, text: str) -> None:
    """A field that stands for another may hold itself."""
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _bad(path, {(): event.start_mark.line + 1}, (), f"write out what '*{event.anchor:.40}' stands for")


def _lines_of(node: Any, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    found = []
    for key, value in node.value:
        place = (*above, str(key.value))
        found += [(place, key.start_mark.line + 1), *_lines_of(value, place)]
    return found


def _check(
    path: Path,
    lines: Mapping[tuple[str, ...], int],
    above: tuple[str, ...],
    rows: Mapping[Any, Any],
    fields: Mapping[str, type],
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for key, value in rows.items():
        name = ".".join((*above, str(key)))
        place = (*above, str(key))
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, 1)
            hint = f" (did you mean '{near[0]}'?)" if near else f"; known are {', '.join(fields)}"
            raise _bad(path, lines, place, f"there is no setting '{name:.80}'{hint}")
        if value is None:
            continue  # `model:` with nothing behind it: as if it were left out
        wanted = (int, float) if fields[key] is float else fields[key]
        if not isinstance(value, wanted) or (isinstance(value, bool) and fields[key] is not bool):
            raise _bad(path, lines, place, f"'{name}' should be {_WORDS[fields[key]]}, not a {type(value).__name__}")
        checked[key] = value
    return checked


def _bad(path: Path, lines: Mapping[tuple[str, ...], int], place: tuple[str, ...], what: str) -> InputError:
    where = f"line {lines[place]}: " if place in lines else ""
    return InputError("settings.bad_file", f"{path}: {where}{what}.", "Correct the file; docs/providers.md shows one.")


def _warn_of_readers(path: Path) -> None:
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IROTH and (str(path), mode) not in _warned:
        _warned.add((str(path), mode))
        logger.warning("%s holds keys and everybody on this machine can read it; run: chmod 600 '%s'", path, path)


def settings_stamp() -> tuple[object, ...]:
    """Fingerprint the settings without holding any of them: whether what was made under them still holds."""
    try:
        stat = (config.home() / FILE).stat()
        written: tuple[int, ...] = (stat.st_mtime_ns, stat.st_size)
    except OSError:
        written = ()
    keys = tuple(bool(_environment(name)) for name in ("OPENAI_API_KEY", "ADSTUDIO_API_KEY"))
    named = ("ADSTUDIO_BASE_URL", "OPENAI_BASE_URL", "ADSTUDIO_VISION_MODEL")
    return written, keys, *(_environment(name) for name in named)
