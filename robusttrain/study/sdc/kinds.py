"""What silent data corruption strikes, which bits, and the runs in which it does."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from robusttrain.config.compose import compose
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import Phase, phases_of

SHARE, CHECKERS, COPIES, WORKERS = 0.05, 1, 3, 7

BITS = {  # of a float32: the first and the last
    "sign": (31, 31),
    "exponent, high": (27, 30),
    "exponent, low": (23, 26),
    "mantissa, high": (16, 22),
    "mantissa, middle": (8, 15),
    "mantissa, low": (0, 7),
}
KINDS = {  # phase with digests, with probes
    "parameter": ("publish", "publish"),
    "activation": ("activation", "activation"),
    "weight gradient": ("gradient", "weight_gradient"),
    "sum": (None, "gradient"),
}
COMMON = (f"workers={WORKERS}", f"batch={4 * WORKERS}", "objective.chunk=2", "target=all",
          "aggregator=median", "preaggregator=[]", "optimizer=adam", "optimizer.lr=0.01",
          "threat.byzantine=0")  # fmt: skip
PROBES = ("assignment=single", "agreement=probe", "detector=none", "probe.alert=0",
          f"probe.share={SHARE}", f"probe.checkers={CHECKERS}", "defense.byzantine=3")  # fmt: skip
WAYS = {
    "digests": ("assignment=cyclic", f"assignment.replication={COPIES}", "agreement=digest",
                "detector=audit", "defense.byzantine=1"),
    "probes": PROBES,
    "products": (*PROBES, "probe.claim=product"),
}  # fmt: skip


def setting(way: str, steps: int, secret: int) -> Recipe:
    """A run with a small CNN on digits, in which nobody lies and nothing breaks.

    way: a key of `WAYS`. secret: of the server's draws.
    """
    return recipe(compose(*COMMON, *WAYS[way], f"steps={steps}", f"defense.secret={secret}"))


def broken(made: Recipe, planned: Iterable[Planned], seed: int) -> Recipe:
    """The same run with these faults. seed: of what they draw."""
    return replace(made, threat=replace(made.threat, faults=Faults(tuple(planned), seed)))


def phase_of(made: Recipe, kind: str) -> Phase | None:
    """The phase in which a kind of corruption strikes; None: there is nothing that it could."""
    name = KINDS[kind][made.agreement.probes]
    return next((phase for phase in phases_of(made.agreement) if phase.name == name), None)


def bit_of(group: str, rng: np.random.Generator) -> int:
    """A bit that is drawn from a group."""
    low, high = BITS[group]
    return int(rng.integers(low, high + 1))
