"""Phases: how the time of a thread is shared out among what it does, and bytes beside it."""

import functools
import inspect
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch

OTHER = "other"


class Phases:
    """Adds up the seconds that the thread that made it spends in each phase.

    A phase inside another takes its time from it, so that all of them add up to the whole; on CUDA
    between events of the stream. What other threads do at the same time is kept apart.

    device: `cpu` or `cuda`.
    within: inner -> outer phases. So named, an inner phase counts as the outer one around it.
    bytes: Counter. Added to by whoever sends or receives.
    beside: Counter. CPU seconds of other threads, by phase.
    """

    def __init__(self, device: str = "cpu", within: dict[str, str] | None = None) -> None:
        self.device, self.within = device, within or {}
        self.bytes: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()
        self._thread, self._lock = threading.get_ident(), threading.Lock()
        self._stack: list[str] = [OTHER]
        self.restart()

    def restart(self) -> None:
        """Forget all that was counted."""
        with self._lock:
            self.bytes.clear()
            self.beside.clear()
        self._marks: list[tuple[str, Any]] = [(self._stack[-1], self._now())]

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What this thread does meanwhile belongs to phase `name`."""
        if threading.get_ident() != self._thread:
            start = time.thread_time()
            try:
                yield
            finally:
                self.count(self.beside, name, time.thread_time() - start)
            return
        outer = self.within.get(name)
        self._stack.append(outer if outer in self._stack else name)
        self._marks.append((self._stack[-1], self._now()))
        try:
            yield
        finally:
            self._stack.pop()
            self._marks.append((self._stack[-1], self._now()))

    def count(self, counter: Counter[str], name: str, amount: float) -> None:
        """Add to `bytes` or `beside`, from any thread."""
        with self._lock:
            counter[name] += amount  # type: ignore[assignment]

    def seconds(self) -> dict[str, float]:
        """Phase -> seconds since the last `restart`, most first."""
        marks, total = [*self._marks, (OTHER, self._now())], Counter[str]()
        if self.device != "cpu":
            torch.cuda.synchronize()
        for (name, start), (_, end) in pairwise(marks):
            took = end - start if self.device == "cpu" else start.elapsed_time(end) / 1e3
            total[name] += took
        return dict(total.most_common())

    def _now(self) -> Any:
        if self.device == "cpu":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def timed(phases: Phases, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, each call a phase; of a generator each step of it."""

    @functools.wraps(function)
    def call(*args: Any, **more: Any) -> Any:
        with phases.phase(name):
            return function(*args, **more)

    @functools.wraps(function)
    def iterate(*args: Any, **more: Any) -> Iterator[Any]:
        items = function(*args, **more)
        while True:
            with phases.phase(name):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    return iterate if inspect.isgeneratorfunction(function) else call
