"""TLS contexts: only pinned certificates are accepted, by both ends, in TLS 1.3."""

import socket
import ssl
from contextlib import suppress

import pytest

from robusttrain.comm.pairs import identity, raw_pair
from robusttrain.comm.tls import binary, client_context, pin, server_context, shown


def shake(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLSocket:
    """The server's end after the handshake. Raises what either end raises."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    with client.wrap_socket(far, do_handshake_on_connect=False) as other:
        end = server.wrap_socket(near, server_side=True, do_handshake_on_connect=False)
        for _ in range(3):
            for each in (other, end):
                with suppress(ssl.SSLWantReadError):
                    each.do_handshake()
        end.do_handshake()
        return end


@pytest.fixture
def server():
    context = server_context(identity("server"))
    pin(context, identity("rank 1").certificate)
    pin(context, identity("rank 2").certificate)
    return context


@pytest.mark.parametrize("rank", [1, 2])
def test_the_server_knows_who_has_which_key(server, rank):
    own = identity(f"rank {rank}")
    end = shake(server, client_context(own, identity("server").certificate))
    assert end.version() == "TLSv1.3"
    assert shown(end) == binary(own.certificate)


def test_an_unknown_certificate_is_refused_by_the_server(server):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(server, client_context(identity("stranger"), identity("server").certificate))


def test_no_certificate_is_refused_by_the_server(server):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ssl.SSLError, match="did not return a certificate"):
        shake(server, client)


def test_an_earlier_version_is_refused_by_the_server(server):
    client = client_context(identity("rank 1"), identity("server").certificate)
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"(?i)unsupported.protocol"):
        shake(server, client)


def test_another_server_is_refused_by_the_rank(server):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(server, client_context(identity("rank 1"), identity("stranger").certificate))


def test_what_is_no_certificate_cannot_be_pinned(server):
    for text in (b"x", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", b"\xff"):
        with pytest.raises(ValueError, match="no certificate"):
            pin(server, text)


def test_before_the_handshake_nobody_is_known():
    near, far = raw_pair()
    assert shown(far) == binary(identity("server").certificate)
    near.close()
    far.close()
    context = client_context(identity("rank 1"), identity("server").certificate)
    with socket.socket() as plain, context.wrap_socket(plain) as connection:
        assert shown(connection) == b""
