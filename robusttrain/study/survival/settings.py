"""The runs of `launch/bench.py survive`: what each is, as overrides."""

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

SMALL = ("workers=9", "batch=90", "checkpoint.every=5", "defense.secret=3", "target=all",
         "threat.byzantine=2", "defense.byzantine=2")  # fmt: skip
CYCLIC = (*SMALL, "assignment=cyclic", "assignment.replication=5")
SERVERS = {
    "digests: cover, by_source, median; sgd": CYCLIC,
    "digests: degree (window), static_momentum, centered_clipping; adam, cosine": (
        *CYCLIC, "detector=degree", "detector.window=12", "preaggregator=[static_momentum]",
        "aggregator=centered_clipping", "optimizer=adam", "schedule=cosine", "permute=true",
    ),
    "digests: eviction, probation": (
        *CYCLIC, "defense.evict=true", "probation.clean_steps=20", "attack=alie",
    ),
    "probes: share .3, 2 checkers, the first steps all": (
        *SMALL, "agreement=probe", "assignment=single", "detector=none", "preaggregator=[]",
        "probe.share=0.3", "probe.checkers=2", "probe.alert=5", "optimizer=adam",
    ),
    "audits at random": (*CYCLIC, "detector=audit", "audit.random=1"),
}  # fmt: skip
