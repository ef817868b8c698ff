"""The text of a certificate: a few lines for a person, before a run and in `certify`."""

from collections.abc import Sequence

from robusttrain.certificate.certificate import Certificate
from robusttrain.combinatorics.worst_case import Worst
from robusttrain.names import counted

DIGEST = 32  # bytes
SHORT = 8  # entries of a list that a person is shown


def certificate_lines(certificate: Certificate, random: int = 0) -> list[str]:
    """What is guaranteed, attack by attack, what is exact and what a bound, and what it costs.

    random: tasks that are audited at random in each step, >= 0.
    """
    c = certificate
    copies = c.tasks * c.replication
    low, high = c.shared
    pair = f"two share {low} to {high} tasks"
    shared = f"two workers share {counted(low, 'task')}" if low == high else pair
    return [
        f"{c.scheme}: {counted(c.workers, 'worker')}, {counted(c.tasks, 'task')}, "
        f"{counted(c.replication, 'copy', 'copies')} of each, at most "
        f"{counted(c.load, 'task')} a worker; {c.byzantine} may lie",
        f"vote alone: {_forged(c, c.voted)}{_ties(c)}",
        f"vote and cover: {_forged(c, c.undetected)}",
        f"lying about everything: {_forged(c, c.overt)}, {c.dropped} dropped; {_detection(c)}",
        f"held by liars alone: {_amount(c, c.unanimous)}; no comparison can show these"
        f"{_audit(c, random)}",
        shared,
        f"cost of a step: {counted(copies, 'gradient')} computed, "
        f"{_size(DIGEST * copies)} of digests, at most {counted(c.tasks, 'gradient')} sent",
    ]


def _amount(c: Certificate, worst: Worst) -> str:
    """How many tasks, as a number or as an interval."""
    if worst.exact:
        return f"{worst.count} of {counted(c.tasks, 'task')} ({c.fraction(worst):.1%})"
    return (
        f"between {worst.count} and {worst.ceiling} (bound) of {counted(c.tasks, 'task')} "
        f"({c.fraction(worst):.1%} to {c.ceiling(worst):.1%})"
    )


def _forged(c: Certificate, worst: Worst) -> str:
    text = f"{_amount(c, worst)} forged at worst"
    if worst.count:
        text += f", by workers {_short(worst.liars)}, tasks {_short(worst.tasks.tolist())}"
    return text


def _ties(c: Certificate) -> str:
    return f"; {c.tied} more tied and dropped" if c.tied else ""


def _detection(c: Certificate) -> str:
    if c.byzantine == 0:
        return "nobody to convict"
    if c.convicts_all_overt:
        return "all liars are convicted in that step, whoever they are"
    return "some sets of liars may escape conviction"


def _audit(c: Certificate, random: int) -> str:
    steps = c.audit_steps(random)
    if c.unanimous.count == 0:
        return ""
    if steps is None:
        return "; only an audit of tasks at random would (audit.random)"
    return f"; an audit of {counted(random, 'random task')} a step hits one after {steps:.1f} steps"


def _short(items: Sequence[int]) -> str:
    """The first entries of a list, and how many more there are."""
    shown = " ".join(str(int(i)) for i in items[:SHORT])
    return shown if len(items) <= SHORT else f"{shown} and {len(items) - SHORT} more"


def _size(count: int) -> str:
    return f"{count / 1000:.1f} KB" if count < 10**6 else f"{count / 10**6:.1f} MB"
