"""Identities: a certificate proves a key, and a key leaves no trace."""

import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography import x509

from robusttrain.comm.identity import Identity, fits, fresh


def test_each_is_another_and_fits_itself_only():
    one, two = fresh("rank 1"), fresh("rank 1")
    assert fits(one)
    assert fits(two)
    assert one.certificate != two.certificate
    assert not fits(Identity(one.key, two.certificate))


def test_a_certificate_signs_no_others_and_does_not_expire():
    made = x509.load_pem_x509_certificate(fresh("server").certificate)
    assert made.subject == made.issuer
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.not_valid_before_utc.year == 2000
    assert made.not_valid_after_utc.year == 9999


def test_the_key_is_in_no_printed_form():
    identity = fresh("server")
    assert identity.key.decode()[40:60] not in repr(identity)


def test_no_file_is_left_and_none_was_for_others(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes = []

    class Context:
        def load_cert_chain(self, path: Path) -> None:
            modes.extend(oct(p.stat().st_mode & 0o777) for p in (path, path.parent))
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)

    fresh("server").load(Context())
    assert modes == ["0o600", "0o700"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_key_is_refused():
    with pytest.raises(ValueError):
        fits(Identity(b"no key", fresh("server").certificate))
