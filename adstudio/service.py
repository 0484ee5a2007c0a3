"""Addresses of services and the keys that belong to them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from .errors import InputError

_PORTS = {"http": 80, "https": 443}
_LOCAL_ENDINGS = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
_LONGEST_KEY = 1000


class Key:
    """A secret that prints as ``Key(hidden)``, cannot be pickled, and is read with ``reveal``."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @classmethod
    def none(cls) -> Key:
        """What a server gets that asks for no key: clients insist on sending something."""
        return cls("none")

    @staticmethod
    def problem(secret: str) -> str:
        """Say why a text can be no key, without telling it; empty when it can."""
        if len(secret) > _LONGEST_KEY:
            return f"should be a key of up to {_LONGEST_KEY} characters, but it is longer"
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            return "should be a key, but it holds spaces or characters that no key has"
        return ""

    def reveal(self) -> str:
        """The secret itself, for the header of a request."""
        return self._secret

    def __repr__(self) -> str:
        return "Key(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is.

    Args:
        url: as it is called, without a slash at its end.
        host: whom a key belongs to: name, and port where it is not the usual one.
        is_loopback: this machine.
        is_local: this machine or a private network, where services usually ask for no key.
    """

    url: str
    host: str
    is_secure: bool
    is_loopback: bool
    is_local: bool


def read_address(url: str) -> Address:
    """Read the address of an OpenAI-compatible service.

    Raises:
        InputError: ``provider.bad_address``.
    """
    text = str(url).strip()
    try:
        parts = urlsplit(text)
        name, port = (parts.hostname or "").rstrip("."), parts.port
        name.encode("idna")
    except (ValueError, UnicodeError):
        name, port, parts = "", None, urlsplit("")
    if parts.scheme not in _PORTS or not name or not text.isprintable() or any(char in text for char in " \\"):
        raise InputError(
            "provider.bad_address",
            "The address of a language model should look like https://api.openai.com/v1; something else came.",
            "Write http:// or https://, the host, and usually /v1.",
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError(  # and is not repeated here, for it may hold a key
            "provider.bad_address",
            "The address of a language model should hold no user name, password, '?' or '#'.",
            "Put the key into settings.yaml or the environment, and only the address here.",
        )
    shown = f"[{name}]" if ":" in name else name
    host = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    loopback, local = _reach(name)
    return Address(text.rstrip("/"), host, parts.scheme == "https", loopback, local)


def _reach(name: str) -> tuple[bool, bool]:
    """Tell ``(this machine, this machine or a private network)`` by the name alone: asking DNS would tell it around."""
    try:
        number = ipaddress.ip_address(name)
        number = getattr(number, "ipv4_mapped", None) or number
    except ValueError:
        is_loopback = name == "localhost" or name.endswith(".localhost")
        return is_loopback, is_loopback or "." not in name or name.endswith(_LOCAL_ENDINGS)
    # Link-local addresses are those of cloud metadata services: nobody runs a language model there.
    return number.is_loopback, number.is_loopback or not (number.is_global or number.is_link_local)
