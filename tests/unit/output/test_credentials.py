"""Content credentials: signed last, read back by the C2PA library, and broken by one flipped bit."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from certificates import elliptic, issue

from adstudio.errors import InputError, MissingDependency
from adstudio.output.credentials import Credentials, check_signature, configured
from adstudio.output.disclosure import Disclosure, read_source_type
from adstudio.output.encode import FORMATS
from adstudio.output.metadata import read_metadata
from adstudio.output.save import save_picture

pytest.importorskip("c2pa")

PICTURE = (data.coffee()[:96, :128] / 255).astype(np.float32)
RECORD = {"adstudio": {"seed": 7}, "prompt": {"1": {"class_type": "X", "inputs": {}}}, "workflow": {"nodes": []}}
MARK = Disclosure("composite")


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return issue(tmp_path_factory.mktemp("keys"), elliptic())


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_signed_and_keeps_its_records(tmp_path: Path, format: str, credentials: Credentials) -> None:
    saved = save_picture(
        PICTURE, tmp_path, format=format, metadata=RECORD, disclosure=MARK, credentials=credentials, original=PICTURE
    )
    found = check_signature(saved.path)
    assert (found.state, found.signer, found.is_known, found.problems) == ("valid", "Bom Cafe", False, ())
    assert found.source_type == MARK.uri == read_source_type(saved.path)
    kept = read_metadata(saved.path)
    assert kept.keys() == ({"adstudio"} if format == "jpeg" else RECORD.keys())
    assert b"PRIVATE KEY" not in saved.path.read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_one_flipped_bit_is_found(tmp_path: Path, format: str, credentials: Credentials) -> None:
    path = save_picture(PICTURE, tmp_path, format=format, disclosure=MARK, credentials=credentials).path
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[-40] ^= 1  # in the pixels of every format
    path.write_bytes(changed)
    found = check_signature(path)
    assert found.state == "changed" and found.problems
    path.write_bytes(whole)
    assert check_signature(path).state == "valid"


def test_a_picture_saved_unsigned_is_signed_when_that_is_asked_for(tmp_path: Path, credentials: Credentials) -> None:
    plain = save_picture(PICTURE, tmp_path)
    assert check_signature(plain.path).state == "none"
    signed = save_picture(PICTURE, tmp_path, credentials=credentials)
    assert not signed.existed and check_signature(signed.path).state == "valid"
    assert save_picture(PICTURE, tmp_path, credentials=credentials).existed


def test_the_signature_counts_for_the_byte_limit(tmp_path: Path, credentials: Credentials) -> None:
    saved = save_picture(PICTURE, tmp_path, format="jpeg", max_bytes=8_500, credentials=credentials, disclosure=MARK)
    assert saved.path.stat().st_size <= 8_500 and check_signature(saved.path).state == "valid"


@pytest.mark.parametrize("kind", ["P-384", "P-521", "Ed25519", "RSA"])
def test_other_kinds_of_keys(tmp_path: Path, kind: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    makers = {
        "P-384": lambda: elliptic(384),
        "P-521": lambda: elliptic(521),
        "Ed25519": ed25519.Ed25519PrivateKey.generate,
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
    }
    path = save_picture(PICTURE, tmp_path, credentials=issue(tmp_path, makers[kind]())).path
    assert check_signature(path).state == "valid"


def test_keys_that_cannot_sign_are_told_in_words(tmp_path: Path, credentials: Credentials) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID

    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        elliptic().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"pass phrase"),
        )
    )
    (tmp_path / "rubbish.pem").write_text("no key")
    (tmp_path / "web").mkdir()
    for wrong, code in (
        (Credentials(credentials.certificates, locked), "credentials.bad_key"),
        (Credentials(credentials.certificates, tmp_path / "rubbish.pem"), "credentials.bad_key"),
        (Credentials(tmp_path / "rubbish.pem", credentials.key), "credentials.cannot_sign"),
        (issue(tmp_path / "web", elliptic(), ExtendedKeyUsageOID.SERVER_AUTH), "credentials.cannot_sign"),
    ):
        with pytest.raises(InputError) as refused:
            save_picture(PICTURE, tmp_path / "out", credentials=wrong)
        assert refused.value.code == code and "no key" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_paths_come_from_the_environment_or_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: Credentials
) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    with pytest.raises(InputError) as refused:
        configured()
    assert refused.value.code == "credentials.not_set" and "ADSTUDIO_C2PA_KEY" in refused.value.hint
    (tmp_path / "settings.yaml").write_text(
        f"credentials: {{certificates: '{credentials.certificates}', key: '{credentials.key}'}}"
    )
    assert configured() == credentials
    monkeypatch.setenv("ADSTUDIO_C2PA_KEY", str(tmp_path / "gone.pem"))
    with pytest.raises(InputError) as refused:
        configured()
    assert refused.value.code == "credentials.not_found" and str(tmp_path) not in str(refused.value)


def test_without_the_package_the_install_line_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: Credentials
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "c2pa":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency) as refused:
        save_picture(PICTURE, tmp_path, credentials=credentials)
    assert "pip install c2pa-python" in refused.value.hint
