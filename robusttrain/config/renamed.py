"""Old names on the command line, and the names that took their place."""

import re
from collections.abc import Iterable

KEYS = {
    "pre": "preaggregator",
    "who": "placement",
    "targets": "target",
    "aggregator.reference": "aggregator.trusted_worker",
    "aggregator.trusted_row": "aggregator.trusted_worker",
}
TRUSTED = ("aggregator.reference", "aggregator.trusted_row")
CHOICES = {"target": {"hidden": "undetected", "alone": "unopposed"}}
FAULTS = {"silent": "commit", "slow": "commit", "bit_flip": "gradient"}  # were attacks
OVERRIDE = re.compile(r"(?P<sign>\+{0,2}|~)(?P<key>[\w.]+)(?P<rest>[^\w.=][^=]*)?(=(?P<value>.*))?")


def renamed(override: str) -> str:
    """The Hydra override with today's names; unchanged if it has no old one.

    >>> renamed("pre.bucketing.buckets=3")
    'preaggregator.bucketing.buckets=3'
    >>> renamed("target=hidden,all")
    'target=undetected,all'
    """
    match = OVERRIDE.fullmatch(override)
    if match is None:
        return override
    key, value = match["key"], match["value"]
    for old, new in KEYS.items():
        if key == old or key.startswith(f"{old}."):
            key = new + key.removeprefix(old)
    if value is not None and key in CHOICES:
        choices = (choice.strip() for choice in value.split(","))
        value = ",".join(CHOICES[key].get(choice, choice) for choice in choices)
    tail = "" if value is None else f"={value}"
    return f"{match['sign']}{key}{match['rest'] or ''}{tail}"


def check_names(overrides: Iterable[str]) -> None:
    """Raise ValueError, with what took its place, if an override has an old name."""
    overrides = list(overrides)
    if "aggregator=fl_trust" in overrides:
        for word in overrides:
            if word.lstrip("+").startswith(TRUSTED):
                raise ValueError(
                    f"{word} is gone from fl_trust, which goes by samples of the server's own; "
                    "use defense.root_samples=100 in its place"
                )
    for word in overrides:
        key, _, value = word.lstrip("+").partition("=")
        for name, phase in FAULTS.items() if key == "attack" else ():
            if name in (choice.strip() for choice in value.split(",")):
                raise ValueError(
                    f"attack={name} is now a fault: leave it out, and use "
                    f"'fault=[{{worker: 0, step: 0, steps: 10, phase: {phase}, do: {name}}}]'"
                )
    old = [(word, renamed(word)) for word in overrides if renamed(word) != word]
    if old:
        changes = ", ".join(f"{word} is now {new}" for word, new in old)
        raise ValueError(f"{changes}; use the new name")
