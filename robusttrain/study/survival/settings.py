"""The runs of `launch/bench.py survive`: what each is, as overrides."""

from dataclasses import dataclass

DIGESTS = ("workers=15", "batch=455", "threat.byzantine=0", "defense.secret=3",
           "runtime.deadline=10")  # fmt: skip
PROBED = (
    "workers=15", "batch=1365", "agreement=probe", "assignment=single", "detector=none",
    "target=all", "preaggregator=[]", "aggregator=median", "optimizer=adam", "optimizer.lr=0.01",
    "schedule=cosine", "probe.share=1", "threat.byzantine=0", "defense.byzantine=7",
    "defense.secret=3", "runtime.deadline=10",
)  # fmt: skip
SETTINGS = {"digests": DIGESTS, "probes": PROBED}
PHASES = {
    "digests": ("publish", "gradient", "commit", "pull", "leaves", "block", "rows"),
    "probes": ("reveal", "claims", "publish", "gradient", "sum"),
}

EVERY = {"digests": 45, "probes": 60}  # steps from a kill to the next: a rank is back by then
MEANWHILE = {"digests": 20, "probes": 40}  # steps that a stopped rank misses once it is suspended

SMALL = ("workers=9", "batch=90", "checkpoint.every=5", "defense.secret=3", "target=all",
         "threat.byzantine=2", "defense.byzantine=2")  # fmt: skip
CYCLIC = (*SMALL, "assignment=cyclic", "assignment.replication=5")
SERVER_STEPS, SERVER_RANKS = 120, 2


@dataclass(frozen=True)
class Setting:
    """A run whose server is killed.

    name: as the table has it. words: overrides. first: int. Steps before the first kill.
    """

    name: str
    words: tuple[str, ...]
    first: int = 1


SERVERS = (
    Setting("digests: cover, by_source, median; sgd", CYCLIC),
    Setting(
        "digests: degree (window 12), static_momentum, centered_clipping; adam, cosine, permute",
        (*CYCLIC, "detector=degree", "detector.window=12", "preaggregator=[static_momentum]",
         "aggregator=centered_clipping", "optimizer=adam", "schedule=cosine", "permute=true"),
    ),
    Setting("digests: alie, eviction, probation of 20 steps",
            (*CYCLIC, "defense.evict=true", "probation.clean_steps=20", "attack=alie")),
    Setting("digests: audits of disputes and at random",
            (*CYCLIC, "detector=audit", "audit.random=1")),
    Setting(
        "probes: share .3, 2 checkers; kills after the convictions",
        (*SMALL, "agreement=probe", "assignment=single", "detector=none", "preaggregator=[]",
         "probe.share=0.3", "probe.checkers=2", "probe.alert=5", "optimizer=adam"),
        first=8,
    ),
)  # fmt: skip
