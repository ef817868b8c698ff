"""A row of the table: what corruption of one kind has done, and who has seen it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from robusttrain.study.sdc.kinds import SHARE
from robusttrain.study.sdc.once import Trial
from robusttrain.study.sdc.repeating import Case
from robusttrain.study.sdc.watch import Effect

HEAD = ("what", "when", "bits", "struck", "changed", "not finite", "digests", "probes",
        "products see", "products", "replay", "steps until named", "wrong names")  # fmt: skip


@dataclass(frozen=True)
class Count:
    """What some faults did, and how many of them were named.

    effects: of each time that something was struck. named: int.
    delays: steps until a fault that comes back was named, of those that were.
    """

    effects: Sequence[Effect]
    named: int
    delays: Sequence[int] = ()

    @classmethod
    def of_trials(cls, trials: Sequence[Trial]) -> "Count":
        return cls([trial.effect for trial in trials], sum(trial.caught for trial in trials))

    @classmethod
    def of_cases(cls, cases: Sequence[Case]) -> "Count":
        delays = [case.delay for case in cases if case.delay is not None]
        effects = [effect for case in cases for effect in case.effects]
        return cls(effects, sum(case.named is not None for case in cases), delays)

    @property
    def wrong(self) -> list[Effect]:
        """The effects that changed bits and left what was sent finite."""
        return [effect for effect in self.effects if effect.changed and effect.finite]

    def total(self, what: str) -> int:
        """How many of the changes that stayed finite are `seen` or `replayed`."""
        return sum(getattr(effect, what) for effect in self.wrong)

    def rate(self, expected: float) -> str:
        """The named, and how many were to be expected."""
        return f"{self.named} / {expected:.1f}"


def row(
    name: Iterable[str], digests: Count | None, probes: Count, products: Count, wrong: int
) -> list[str]:
    """As the table has it.

    digests: of runs with digests; None: there is nothing to strike. Of what comes back, each run
        is to be named once, if anything changed.
    wrong: int. Convictions of workers in whom nothing was broken, in all these runs.
    """
    changed = sum(effect.changed for effect in probes.effects)
    said = "-"
    if digests is not None:
        said = f"{digests.named} / {sum(effect.changed for effect in digests.effects)}"
    delay = f"{sum(probes.delays) / len(probes.delays):.0f}" if probes.delays else ""
    return [
        *name, f"{len(probes.effects)}", f"{changed}", f"{changed - len(probes.wrong)}", said,
        probes.rate(SHARE * len(probes.wrong)),
        f"{probes.total('seen')} / {len(probes.wrong)}",
        products.rate(SHARE * products.total("seen")),
        f"{probes.total('replayed')} / {len(probes.wrong)}", delay, f"{wrong}",
    ]  # fmt: skip
