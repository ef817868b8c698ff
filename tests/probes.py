"""Helpers that tests import: a small run with probes."""

PROBES = (
    "agreement=probe", "assignment=single", "detector=none", "target=all", "preaggregator=[]",
    "workers=7", "batch=70", "steps=8", "aggregator=median", "threat.byzantine=0",
    "defense.byzantine=3", "runtime.block=5000",
)  # fmt: skip
