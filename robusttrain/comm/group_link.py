"""A link over process groups of torch.distributed: two ranks a group, so that it breaks alone."""

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from robusttrain.comm.frame import fields
from robusttrain.comm.link import HEADER, Kind, Link, LinkError, Message
from robusttrain.comm.reader import Reader

FOREVER = timedelta(days=30)
BULK = (Kind.PUBLISH, Kind.ROWS, Kind.SUM, Kind.STOP)


class GroupLink(Link):
    """Two ranks and the process groups between them: the server is 0, the worker rank 1.

    Headers and tables go over Gloo. Parameters and rows do too (staged through pinned
    memory), or over NCCL from device to device, with one group for each direction, so that
    neither waits for the other. Every send and receive has a deadline.
    """

    def __init__(
        self, store: dist.Store, name: str, side: int, backend: str, device: torch.device,
        deadline: float,
    ) -> None:  # fmt: skip
        self.side, self.device, self.received = side, device, 0
        self._reader: Reader | None = None
        limit = timedelta(seconds=deadline)
        try:
            self.control: Any = dist.ProcessGroupGloo(
                dist.PrefixStore(f"{name}/control", store), side, 2, limit
            )
        except RuntimeError as error:
            raise LinkError(f"did not join within {deadline:g} s") from error
        self.bulk: list[Any] = [self.control, self.control]
        if backend == "nccl":
            options = dist.ProcessGroupNCCL.Options()
            options._timeout = limit
            self.bulk = [
                dist.ProcessGroupNCCL(dist.PrefixStore(f"{name}/{way}", store), side, 2, options)
                for way in ("down", "up")
            ]

    @property
    def direct(self) -> bool:
        return self.bulk[0] is not self.control

    def post(self, message: Message) -> list[dist.Work]:
        payload = message.payload
        direct = self.direct and message.kind in BULK
        if payload is not None and not direct:
            payload = to_host(payload)
        header = torch.tensor(message.header)
        try:
            works = [self.control.send([header], 1 - self.side, 0)]
            if payload is not None and payload.numel():
                group = self.bulk[self.side] if direct else self.control
                works.append(group.send([payload], 1 - self.side, 0))
        except RuntimeError as error:
            raise LinkError(f"broke: {first_line(error)}") from error
        self._in_flight = (header, payload)
        return works

    def settle(self, posted: list[dist.Work], until: float) -> None:
        for work in posted:
            self._wait(work, max(until - time.monotonic(), 0.01))

    def send(self, message: Message, seconds: float) -> None:
        self.settle(self.post(message), time.monotonic() + seconds)

    def receive(self, limit: int, seconds: float | None = None) -> Message:
        header = torch.zeros(HEADER, dtype=torch.int64)
        self._take(self.control, header, seconds)
        kind, step, pull, index, size = fields(header.tolist(), limit)
        payload = None
        if size:
            direct = self.direct and kind in BULK
            payload = torch.empty(
                size, dtype=torch.uint8, device=self.device if direct else None,
                pin_memory=self.device.type == "cuda" and not direct,
            )  # fmt: skip
            self._take(self.bulk[1 - self.side] if direct else self.control, payload, seconds)
            if payload.is_cuda:  # it may be used on another stream than this thread's
                payload.record_stream(torch.cuda.default_stream(self.device))
        self.received += header.nbytes + size
        return Message(kind, step, pull, index, payload)

    def _take(self, group: Any, out: Tensor, seconds: float | None) -> None:
        try:
            work = group.recv([out], 1 - self.side, 0)
        except RuntimeError as error:
            raise LinkError(f"broke: {first_line(error)}") from error
        self._wait(work, seconds)
        if out.is_cuda:
            torch.cuda.current_stream(out.device).synchronize()

    def _wait(self, work: dist.Work, seconds: float | None) -> None:
        limit = FOREVER if seconds is None else timedelta(seconds=seconds)
        start = time.monotonic()
        try:
            work.wait(limit)
        except RuntimeError as error:
            waited = time.monotonic() - start
            slow = seconds is not None and waited >= 0.9 * seconds
            reason = f"was silent for {waited:.0f} s" if slow else f"broke: {first_line(error)}"
            raise LinkError(reason) from error

    def inbox(self, limit: int, arrived: Callable[[], None] = lambda: None) -> Reader:
        self._reader = Reader(self, limit, arrived)
        self._reader.start()
        return self._reader

    def close(self) -> None:
        """End the link; a thread that waits on it gets a LinkError.

        A receive that times out closes a Gloo pair: the one way that all versions share.
        """
        with contextlib.suppress(RuntimeError):
            self.control.recv([torch.zeros(1)], 1 - self.side, 1).wait(timedelta(milliseconds=1))
        for group in self.bulk if self.direct else []:
            with contextlib.suppress(RuntimeError):
                group.abort()
        if self._reader is not None:
            self._reader.end()


def to_host(payload: Tensor) -> Tensor:
    """The same bytes in host memory (pinned, if they came from a GPU)."""
    if not payload.is_cuda:
        return payload
    host = torch.empty(payload.shape, dtype=payload.dtype, pin_memory=True)
    host.copy_(payload, non_blocking=True)
    torch.cuda.current_stream(payload.device).synchronize()
    return host


def first_line(error: Exception) -> str:
    """The first line of what torch says, without its prefix."""
    return str(error).strip().splitlines()[0].split("] ")[-1] if str(error) else repr(error)
