"""Content credentials (C2PA): sign a finished file, and tell whether a signed one was changed since.

Signing is the last step, since any later change breaks the signature. It works offline; no time stamp is asked for.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError, MissingDependency
from ..settings import read_settings
from .disclosure import SCHEME, TOOL, Disclosure
from .encode import Format

_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_UNKNOWN_SIGNER = "signingCredential.untrusted"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs: files in PEM form.

    Args:
        certificates: the signer's certificate, then those above it.
        key: its private key, without a pass phrase.
    """

    certificates: Path
    key: Path


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What a file's credentials say.

    Args:
        state: ``none`` = it has none; ``changed`` = it is not as it was when it was signed.
        signer: the name in the certificate; nobody has checked who that is unless ``is_known``.
        problems: codes of the C2PA specification.
    """

    state: Literal["none", "valid", "changed"]
    signer: str = ""
    is_known: bool = False
    source_type: str = ""
    problems: tuple[str, ...] = ()


def configured() -> Credentials:
    """The credentials that the operator has set.

    Raises:
        InputError: ``credentials.not_set``, ``credentials.not_found``
    """
    settings = read_settings()
    if not settings.certificates or not settings.signing_key:
        raise InputError(
            "credentials.not_set",
            "Content credentials were asked for, but this machine has no certificate and key to sign with.",
            "Set ADSTUDIO_C2PA_CERTIFICATES and ADSTUDIO_C2PA_KEY to the paths of their PEM files, or write them into "
            "settings.yaml: credentials: {certificates: ..., key: ...}.",
        )
    found = Credentials(Path(settings.certificates).expanduser(), Path(settings.signing_key).expanduser())
    for path in (found.certificates, found.key):
        if not path.is_file():
            raise InputError(
                "credentials.not_found",
                f"There is no file '{path.name}' to sign with.",
                "Correct its path.",
                file=path.name,
            )
    return found


def sign(data: bytes, format: Format, disclosure: Disclosure | None, credentials: Credentials) -> bytes:
    """Sign the bytes of a finished file.

    Raises:
        InputError: ``credentials.bad_key``, ``credentials.cannot_sign``
        MissingDependency: c2pa-python is not installed.
    """
    c2pa = require_library()
    manifest = _manifest(format, disclosure)
    signed = io.BytesIO()
    try:
        with (
            c2pa.Context.from_dict(_OFFLINE) as context,
            c2pa.Builder.from_json(json.dumps(manifest), context) as builder,
            _signer(c2pa, credentials) as signer,
        ):
            builder.sign(signer, format.mime, io.BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise InputError(
            "credentials.cannot_sign",
            f"The file could not be signed: {error}.",
            "The certificate must allow signing documents (emailProtection or documentSigning) and belong to the key.",
        ) from error
    return signed.getvalue()


def check_signature(path: str | Path) -> SignatureCheck:
    """Read the credentials of a file, and compare the file with them.

    Raises:
        MissingDependency: c2pa-python is not installed.
    """
    c2pa = require_library()
    with c2pa.Context.from_dict(_OFFLINE) as context:
        try:
            reader = c2pa.Reader.try_create(str(path), context=context)
        except c2pa.C2paError as error:  # credentials so broken that they cannot be read
            return SignatureCheck("changed", problems=(str(error),))
        if reader is None:
            return SignatureCheck("none")
        with reader:
            told = json.loads(reader.json())
    manifest = told.get("manifests", {}).get(told.get("active_manifest"), {})
    codes = [status.get("code", "") for status in _failures(told)]
    problems = tuple(code for code in codes if code != _UNKNOWN_SIGNER)
    actions = [action for one in manifest.get("assertions", []) for action in one.get("data", {}).get("actions", [])]
    return SignatureCheck(
        "changed" if problems or told.get("validation_state") == "Invalid" else "valid",
        signer=manifest.get("signature_info", {}).get("common_name", "")
        or manifest.get("signature_info", {}).get("issuer", ""),
        is_known=_UNKNOWN_SIGNER not in codes,
        source_type=next((str(action["digitalSourceType"]) for action in actions if "digitalSourceType" in action), ""),
        problems=problems,
    )


def require_library() -> Any:
    """Import the C2PA library.

    Raises:
        MissingDependency: with how to get it.
    """
    try:
        import c2pa
    except ImportError as error:
        raise MissingDependency("c2pa-python", "Content credentials", "c2pa-python cryptography") from error
    return c2pa


def _manifest(format: Format, disclosure: Disclosure | None) -> dict[str, Any]:
    generator = {"name": TOOL}
    source = SCHEME + "composite" if disclosure is None else disclosure.uri  # without AI: put together by a person
    action = {"action": "c2pa.created", "softwareAgent": generator, "digitalSourceType": source}
    return {
        "claim_generator_info": [generator],
        "format": format.mime,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _signer(c2pa: Any, credentials: Credentials) -> Any:
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(credentials.key.read_bytes(), None)
        chain = credentials.certificates.read_bytes()
    except (OSError, TypeError, ValueError) as error:
        raise InputError(
            "credentials.bad_key",
            f"The key in '{credentials.key.name}' cannot be used.",
            "It must be a PEM file without a pass phrase that this user may read.",
        ) from error
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(_algorithm(key), chain, plain, None))


def _algorithm(key: Any) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size in (256, 384, 521):
        return {256: b"es256", 384: b"es384", 521: b"es512"}[key.curve.key_size]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return b"ps256"
    raise InputError(
        "credentials.bad_key",
        "The key is of a kind that content credentials do not use.",
        "Use an EC key of curve P-256, P-384 or P-521, an Ed25519 key or an RSA key.",
    )


def _failures(told: dict[str, Any]) -> list[dict[str, Any]]:
    results = told.get("validation_results", {})
    active = results.get("activeManifest", {}).get("failure", [])
    deltas = [failure for delta in results.get("ingredientDeltas", []) for failure in delta.get("failure", [])]
    return [*active, *deltas] or list(told.get("validation_status", []))
