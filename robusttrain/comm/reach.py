"""Reach: how a worker rank gets to the server, for the first time or again."""

import socket
import ssl
import time

import torch

from robusttrain.comm.address import resolve, shown
from robusttrain.comm.failure import FAILURE_BYTES, unpack
from robusttrain.comm.identity import Identity
from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.comm.tls import client_context
from robusttrain.comm.tls_link import TlsLink, cause

PAUSE = 0.2
ONCE = 15.0  # seconds for one attempt
KEY_REFUSED = ("unknown ca", "bad certificate", "certificate required", "certificate unknown")


class Refused(LinkError):
    """The server is there and does not let this rank in; trying again is of no use."""


class Absent(LinkError):
    """Nobody listens at the server's address."""


def reach(
    address: tuple[str, int], identity: Identity, server: bytes, hello: Message,
    device: torch.device, seconds: float, restarts: bool = True,
) -> TlsLink:  # fmt: skip
    """A link to the server, once it has heard HELLO and let this rank in.

    What goes wrong on the way is tried again until the time is over.

    address: host and port. identity: this rank's. server: the server's certificate (PEM).
    hello: what `hello()` made. device: where this rank computes.
    restarts: whether to wait for a server that is not there, which may be about to start again.
    Raises ValueError if the host has no address, Refused in the server's words, LinkError else.
    """
    resolve(address)
    until, reason = time.monotonic() + seconds, "no time to try"
    context = client_context(identity, server)
    while (left := until - time.monotonic()) > 0:
        try:
            return attempt(address, context, hello, device, min(left, ONCE))
        except Refused:
            raise
        except LinkError as error:
            if isinstance(error, Absent) and not restarts:
                raise
            reason = str(error)
        time.sleep(min(PAUSE, max(until - time.monotonic(), 0.0)))
    raise LinkError(f"was not reached at {shown(address)} for {seconds:g} s; it {reason}")


def attempt(
    address: tuple[str, int], context: ssl.SSLContext, hello: Message, device: torch.device,
    seconds: float,
) -> TlsLink:  # fmt: skip
    """One connection, from the first packet to the server's answer."""
    until = time.monotonic() + seconds
    try:
        plain = socket.create_connection(address, timeout=seconds)
    except ConnectionRefusedError as error:
        raise Absent(f"is not at {shown(address)}: nobody listens there") from error
    except OSError as error:
        raise LinkError(f"cannot be connected to: {cause(error)}") from error
    try:
        plain.settimeout(max(until - time.monotonic(), 0.01))
        connection = context.wrap_socket(plain)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise Refused(
            f"at {shown(address)} has not the key of the certificate server.crt that this rank "
            "has; copy it from the server's folder of keys, or name the right server"
        ) from error
    except OSError as error:
        plain.close()
        raise LinkError(f"broke off the handshake: {cause(error)}") from error
    link = TlsLink(connection, device)
    try:
        link.receive(FAILURE_BYTES, max(until - time.monotonic(), 0.01))
        link.send(hello, max(until - time.monotonic(), 0.01))
        answer = link.receive(FAILURE_BYTES, max(until - time.monotonic(), 0.01))
    except LinkError as error:
        link.close()
        if any(words in str(error) for words in KEY_REFUSED):
            raise Refused(
                f"at {shown(address)} does not know this rank's certificate; copy it to the "
                "server's folder of keys"
            ) from error
        raise
    if answer.kind == Kind.HELLO or hello.kind == Kind.FAILED:
        return link
    link.close()
    raise Refused(f"lets this rank not in: it {unpack(answer.bytes().tobytes())[0]}")
