"""Rows of the price table: what trains, by which configuration, and the passes it should take."""

import re
from dataclasses import dataclass

REPLICATION = 3
PROBE = re.compile(r"probe:([0-9.]+)(?:x([0-9]+))?")
DEFAULT = (
    "plain", "ddp", "none", "digest", "audit", "unprobed", "probe:1", "probe:0.25", "probe:0.1",
    "probe:1x2", "probe:0.1x2",
)  # fmt: skip
PROBES = ("assignment=single", "agreement=probe", "detector=none", "preaggregator=[]")
DIGEST = ("assignment=subset", f"assignment.replication={REPLICATION}", "agreement=digest")
NONE = ("assignment=single", "agreement=none", "detector=none", "preaggregator=[]",
        "aggregator=mean", "defense.byzantine=0")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of the table.

    name: str.
    kind: plain, ddp or ours.
    overrides: of the configuration.
    passes: float. Forward and backward passes over the batch in a step, in the mean.
    every: int. One step in so many is probed; 0: none is.
    """

    name: str
    kind: str = "ours"
    overrides: tuple[str, ...] = NONE
    passes: float = 1.0
    every: int = 0

    def length(self, steps: int) -> int:
        """Timed steps of a block: near `steps`, a multiple of `every`.

        >>> [row_of(name).length(10) for name in ("ddp", "probe:1", "probe:0.25")]
        [10, 10, 8]
        """
        every = max(self.every, 1)
        return every * max(1, steps // every)

    def probed(self, steps: int) -> set[int]:
        """Which steps of a block are probed; step 0 comes before those that are timed.

        >>> row_of("probe:0.25").probed(8)
        {2, 6}
        """
        half = (self.every - 1) // 2
        return {1 + n + half for n in range(0, steps, self.every)} if self.every else set()


def row_of(name: str) -> Row:
    """The row of that name; ValueError if there is none.

    >>> row_of("probe:0.25x2").passes, row_of("digest").passes
    (1.5, 3)
    """
    if name in ("plain", "ddp"):
        return Row(name, name)
    if name == "none":
        return Row(name)
    if name == "digest":
        return Row(name, "ours", (*DIGEST, "detector=cover"), REPLICATION)
    if name == "audit":
        return Row(name, "ours", (*DIGEST, "detector=audit", "audit.random=1"), REPLICATION)
    if name == "unprobed":
        return Row(name, "ours", PROBES)
    if not (match := PROBE.fullmatch(name)):
        raise ValueError(
            f"--rows {name}: there is no such row; use {', '.join(DEFAULT)}, or probe:SHARE or "
            "probe:SHARExCHECKERS with another share"
        )
    share, checkers = float(match[1]), int(match[2] or 1)
    every = round(1 / share) if 0 < share <= 1 else 0
    if not every or abs(every * share - 1) > 2e-2:
        raise ValueError(f"--rows {name}: the share must be 1, 1/2, 1/3, ...; use probe:0.1")
    return Row(
        name, "ours", (*PROBES, f"probe.checkers={checkers}"), 1 + checkers / every, every
    )  # fmt: skip
