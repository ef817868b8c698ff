"""TLS: contexts in which each end accepts only certificates that it was given beforehand."""

import contextlib
import ssl

from robusttrain.comm.identity import Identity


def server_context(identity: Identity) -> ssl.SSLContext:
    """Of the server: TLS 1.3, and nobody is let in without a certificate given to `pin`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # a connection is never resumed: each shows its certificate
    return strict(context, identity)


def client_context(identity: Identity, server: bytes) -> ssl.SSLContext:
    """Of a worker rank, which accepts the server's certificate (PEM) alone, whatever its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    pin(context, server)
    return strict(context, identity)


def strict(context: ssl.SSLContext, identity: Identity) -> ssl.SSLContext:
    """The same context, with what both ends ask for."""
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    identity.load(context)
    return context


def pin(context: ssl.SSLContext, certificate: bytes) -> None:
    """Accept this certificate (PEM) from now on, too. Raises ValueError if it is none."""
    try:
        context.load_verify_locations(cadata=certificate.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"no certificate: {error}") from error


def binary(certificate: bytes) -> bytes:
    """A PEM certificate as DER, as a connection tells it. Raises ValueError if it is none."""
    return ssl.PEM_cert_to_DER_cert(certificate.decode("ascii"))


def shown(connection: ssl.SSLSocket) -> bytes:
    """The DER certificate that the other end has proved to have the key of; empty: none."""
    with contextlib.suppress(ValueError, OSError):
        return connection.getpeercert(binary_form=True) or b""
    return b""
