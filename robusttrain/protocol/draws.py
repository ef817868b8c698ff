"""Draws of a probe: whether a step is probed, who checks whom, and the seed of fingerprints."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from blake3 import blake3

from robusttrain.rng import stream
from robusttrain.values import check_whole

SIZE = 32  # bytes of a draw


@dataclass(frozen=True)
class Draws:
    """32 bytes for each purpose, step and attempt, which share nothing.

    They come from the operating system, anew at every call, and can neither be computed nor be
    asked for again: call each once, when it is needed. With an integer secret they are functions
    of (secret, step, attempt), so that two runs are the same; whoever knows or guesses the
    secret then knows every draw.

    secret: int >= 0 or None.

    >>> from robusttrain.protocol.draws import Draws, cyclic_order
    >>> Draws(None).coin(0, 1) == Draws(None).coin(0, 1)
    False
    >>> Draws(3).coin(0, 1) == Draws(3).coin(0, 1), Draws(3).coin(0, 1) == Draws(3).coin(0, 2)
    (True, False)
    """

    secret: int | None

    def __post_init__(self) -> None:
        if self.secret is not None:
            check_whole("defense.secret", self.secret, 0, use="null for the operating system's")

    def coin(self, step: int, attempt: int) -> bytes:
        """Decides whether the step is probed; see `is_probed`. Never told to workers."""
        return self._draw("coin", step, attempt)

    def order(self, step: int, attempt: int) -> bytes:
        """Decides who checks whom; see `cyclic_order`."""
        return self._draw("order", step, attempt)

    def fingerprint(self, step: int, attempt: int) -> bytes:
        """Seeds the vectors r of products; told to nobody before the sums are in."""
        return self._draw("fingerprint", step, attempt)

    def _draw(self, purpose: str, step: int, attempt: int) -> bytes:
        if self.secret is None:
            return os.urandom(SIZE)
        return stream(self.secret, "probe", purpose, step, attempt).bytes(SIZE)


def is_probed(coin: bytes, share: float) -> bool:
    """True with probability `share` in [0, 1] over uniform coins.

    >>> is_probed(bytes(32), 0.1), is_probed(b"\\xff" * 32, 0.1), is_probed(b"\\xff" * 32, 1)
    (True, False, True)
    """
    return int.from_bytes(coin, "big") < int(share * 2**64) << 8 * len(coin) - 64


def cyclic_order(draw: bytes, members: Iterable[int]) -> list[int]:
    """The members in random order, each next one the successor of the last one.

    It depends on the draw and on who the members are, not on how they are listed.
    """
    return sorted(members, key=lambda w: blake3(draw + w.to_bytes(8, "little")).digest())


@dataclass(frozen=True)
class Schedule:
    """The probability with which each step of a run is probed.

    1 in the first `alert` steps, in the last `alert` steps and in the `alert` steps from a
    conviction on; `share` in all others.

    share: float in (0, 1].
    alert: int >= 0. Steps.
    steps: int. Those of the whole run.
    Raises ValueError if share is outside (0, 1] or alert is not a whole number >= 0.
    """

    share: float
    alert: int
    steps: int

    def __post_init__(self) -> None:
        check_share(self.share)
        check_whole("probe.alert", self.alert, 0, use="0 for the same share in all steps")

    def share_of(self, step: int, convictions: Iterable[int] = ()) -> float:
        """The probability that `step` is probed.

        convictions: the steps before whose sums were used a worker was convicted.
        """
        alert = step < self.alert or step >= self.steps - self.alert
        alert |= any(0 <= step - before < self.alert for before in convictions)
        return 1.0 if alert else self.share


def check_share(share: float) -> None:
    """Raise ValueError unless `share` is a number in (0, 1]."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise ValueError(
            f"probe.share={share} must be above 0 and at most 1; use 1 to probe every step, or "
            "agreement=none for no probes"
        )
