"""Visitor: a connection on its way in: the TLS handshake, then HELLO, without ever waiting.

The server greets first: a rank that it refuses has then sent nothing that could, unread, take the
words of the refusal with it.
"""

import select
import socket
import ssl
from collections.abc import Mapping

import torch

from robusttrain.comm.failure import FAILURE_BYTES
from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.comm.tls import shown
from robusttrain.comm.tls_link import TlsLink, cause


class Visitor:
    """A connection that was accepted and is not a rank's link yet.

    connection: socket. Belongs to the visitor from now on.
    context: ssl.SSLContext. Of the server.
    device: torch.device. Of the link that it may become.
    until: float. The time at which it must have said HELLO.
    rank: int. Whose certificate it has proved to have the key of; 0: none yet.
    events: what of `select.POLLIN`, `select.POLLOUT` it waits for.
    """

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, device: torch.device,
        until: float,
    ) -> None:  # fmt: skip
        connection.setblocking(False)
        self.connection = context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        self.device, self.until = device, until
        self.rank, self.events = 0, select.POLLIN
        self.link: TlsLink | None = None

    def step(self, ranks: Mapping[bytes, int]) -> Message | None:
        """Go on as far as that is possible now; returns its first message once that is whole.

        ranks: DER certificate -> rank. Raises LinkError if it can never be let in.
        """
        if self.link is None:
            try:
                self.connection.do_handshake()
            except ssl.SSLWantReadError:
                self.events = select.POLLIN
                return None
            except ssl.SSLWantWriteError:
                self.events = select.POLLOUT
                return None
            except (OSError, ValueError) as error:
                raise LinkError(f"showed no certificate of a rank: {cause(error)}") from error
            self.rank = ranks.get(shown(self.connection), 0)
            if not self.rank:
                raise LinkError("showed no certificate of a rank")
            self.link = TlsLink(self.connection, self.device)
            self.link.post(Message(Kind.HELLO))
        message = self.link.arrived(FAILURE_BYTES)
        self.events = self.link.wanted
        return message

    def close(self) -> None:
        if self.link is not None:
            self.link.close()
        else:
            self.connection.close()
