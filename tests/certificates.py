"""Certificates as a shop would get one, from an authority that is made on the spot."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from adstudio.output.credentials import Credentials


def issue(folder: Path, key: Any, usage: Any = None) -> Credentials:
    """Certify ``key``, and write chain and key into a folder."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text: str) -> Any:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, text),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "봄카페"),
            ]
        )

    def certificate(subject: Any, public: Any, issuer: Any, signer: Any, *, is_authority: bool) -> Any:
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False),
                critical=True,
            )
        )
        if not is_authority:
            purpose = usage or ExtendedKeyUsageOID.EMAIL_PROTECTION
            made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        return made.sign(signer, hashes.SHA256())

    authority = ec.generate_private_key(ec.SECP256R1())
    top = certificate(name("Test CA"), authority.public_key(), name("Test CA"), authority, is_authority=True)
    leaf = certificate(name("Bom Cafe"), key.public_key(), name("Test CA"), authority, is_authority=False)
    pem = serialization.Encoding.PEM
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(leaf.public_bytes(pem) + top.public_bytes(pem))
    form = (
        serialization.PrivateFormat.TraditionalOpenSSL
        if "EC" in type(key).__name__
        else serialization.PrivateFormat.PKCS8
    )
    secret.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return Credentials(chain, secret)


def elliptic(size: int = 256) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key({256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}[size])
