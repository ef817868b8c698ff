"""Identity: the private key and the certificate by which the other end of a link knows this one."""

import datetime
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
SERVER = "server"
FROM, TO = (datetime.datetime(y, 1, 1, tzinfo=datetime.UTC) for y in (2000, 9999))


@dataclass(frozen=True)
class Identity:
    """A key and its self-signed certificate. Only the certificate is told to others.

    key: PEM. certificate: PEM.
    """

    key: bytes = field(repr=False)
    certificate: bytes

    def load(self, context: ssl.SSLContext) -> None:
        """Have connections of `context` show this certificate.

        `ssl` reads files only: the key lies in a folder of this user alone meanwhile.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "identity.pem"
            path.touch(0o600)
            path.write_bytes(self.key + self.certificate)
            context.load_cert_chain(path)


def fresh(name: str) -> Identity:
    """A new Ed25519 identity; `name` is for people, and trusted by nobody.

    A certificate never expires: it is pinned, and valid for as long as the other end has it.
    """
    key = Ed25519PrivateKey.generate()
    unique = f"robusttrain {name} {secrets.token_hex(8)}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unique)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(TO)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, None)
    )
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(secret, made.public_bytes(PEM))


def fits(identity: Identity) -> bool:
    """Whether the certificate is that of the key; ValueError if either cannot be read."""
    key = serialization.load_pem_private_key(identity.key, None)
    return x509.load_pem_x509_certificate(identity.certificate).public_key() == key.public_key()
