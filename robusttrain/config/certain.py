"""Whether the mean takes the rule's place once as many are convicted as were assumed to lie."""

from collections.abc import Mapping
from typing import Any

from robusttrain.config.probe import chosen, lanes_of
from robusttrain.redundancy.agreement.base import Agreement


def mean_when_certain(cfg: Mapping[str, Any], agreement: Agreement) -> tuple[bool, str]:
    """(whether, why), of `defense.mean_when_certain`: true, false or auto.

    auto: yes, but with probes only where a worker that is not convicted cannot do much. An error
    of hardware is a conviction too where claims are exact: a liar may be left. What liars hide
    below a tolerance moves a coordinate whose gradient is zero at the full rate unless the
    optimizer is SGD; and a rule of signs has lengths of its own.
    """
    said = cfg["defense"]["mean_when_certain"]
    if said != "auto":
        return said, "as defense.mean_when_certain says"
    if not agreement.probes:
        return True, "defense.mean_when_certain=auto"
    if not lanes_of(cfg):
        return False, "an error of hardware is a conviction too, so that a liar may be left"
    if (optimizer := name_at(cfg, "optimizer")) != "SGD":
        return False, f"under {optimizer} the least lie can move a parameter at the full rate"
    if (rule := name_at(cfg, "aggregator")) == "sign_majority":
        return False, f"the mean is of another length than {rule}"
    return True, "claims tell errors of hardware from lies"


def name_at(cfg: Mapping[str, Any], part: str) -> str:
    """The name under which a part is chosen, or that of its class."""
    return chosen(cfg[part]) or str(cfg[part]["_target_"]).rpartition(".")[-1]


def certain_lines(cfg: Mapping[str, Any], agreement: Agreement) -> list[str]:
    """What is taken once all assumed liars are convicted, for a person; none are: no line."""
    if not cfg["defense"]["byzantine"]:
        return []
    mean, why = mean_when_certain(cfg, agreement)
    taken = "the mean of the others" if mean else f"{name_at(cfg, 'aggregator')} goes on"
    return [f"once {cfg['defense']['byzantine']} are convicted: {taken} ({why})"]
