"""Addresses of services and the keys that belong to them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from .errors import InputError

_PORTS = {"http": 80, "https": 443}
_LOCAL_ENDINGS = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
_METADATA_NAMES = frozenset(("metadata", "metadata.google.internal", "metadata.goog", "instance-data"))
# Where clouds tell a machine its own secrets: nobody runs a language model there.
_METADATA = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32"),
        *("fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NUMERIC = re.compile(r"(?i)(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
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

    def is_same(self, other: Address) -> bool:
        """Tell whether both name one service, however they are written."""
        ours, theirs = (urlsplit(each.url).path.rstrip("/") for each in (self, other))
        return (self.is_secure, self.host, ours) == (other.is_secure, other.host, theirs)


def read_address(url: str) -> Address:
    """Read the address of an OpenAI-compatible service.

    Raises:
        InputError: ``provider.bad_address``.
    """
    text = str(url).strip()
    try:
        parts = urlsplit(text)
        name, port = (parts.hostname or "").rstrip("."), parts.port
        ascii_name = name.encode("idna").decode("ascii")  # as it is looked up: １２７．１ is 127.1
    except (ValueError, UnicodeError):
        name, ascii_name, port, parts = "", "", None, urlsplit("")
    if parts.scheme not in _PORTS or not name or not text.isprintable() or any(char in text for char in " \\"):
        raise InputError(
            "provider.bad_address",
            "The address of a language model should look like https://api.openai.com/v1; something else came.",
            "Write http:// or https://, the host, and usually /v1.",
        )
    if parts.username is not None or parts.password is not None or any(char in text for char in "?#"):
        raise InputError(  # and is not repeated here, for it may hold a key
            "provider.bad_address",
            "The address of a language model should hold no user name, password, '?' or '#'.",
            "Put the key into settings.yaml or the environment, and only the address here.",
        )
    if problem := _problem(ascii_name):
        raise InputError("provider.bad_address", problem, "Write the name or the usual address of the server there.")
    shown = f"[{name}]" if ":" in name else name
    host = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    loopback, local = _reach(ascii_name)
    return Address(text.rstrip("/"), host, parts.scheme == "https", loopback, local)


def is_metadata(address: str) -> bool:
    """Tell whether an IP address is link-local or a cloud's own, in whichever form it is written."""
    try:
        return any(number in net for number in _written_out(address) for net in _METADATA)
    except ValueError:
        return False


def is_nearby(name: str) -> bool:
    """Tell whether a host is this machine or in a private network: the environment's proxy is not asked for it."""
    return _reach(name)[1]


def _written_out(address: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """An address, and the IPv4 address that it wraps."""
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv4Address):
        return [number]
    inner = number.ipv4_mapped or number.sixtofour
    if number in _NAT64:
        inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return [number, inner] if inner else [number]


def _problem(name: str) -> str:
    """Say why nothing is asked at a host; empty when it may be."""
    if is_metadata(name) or name.lower() in _METADATA_NAMES or name.lower().startswith("instance-data."):
        return "This address belongs to the machine's own network, where no language model is."
    try:
        ipaddress.ip_address(name)
    except ValueError:
        if _NUMERIC.fullmatch(name) or "%" in name:
            return "The host is written as a number that is no IP address of four parts, such as 192.168.0.7."
    return ""


def _reach(name: str) -> tuple[bool, bool]:
    """Tell ``(this machine, this machine or a private network)`` by the name alone: asking DNS would tell it around."""
    try:
        number = _written_out(name)[-1]
    except ValueError:
        is_loopback = name == "localhost" or name.endswith(".localhost")
        return is_loopback, is_loopback or "." not in name or name.endswith(_LOCAL_ENDINGS)
    return number.is_loopback, number.is_loopback or not number.is_global
