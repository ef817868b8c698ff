"""Sources of the rows that are pulled, and whether liars among them can be half."""

from collections.abc import Sequence

import numpy as np

from robusttrain.certificate.scheme import Scheme
from robusttrain.combinatorics.load_balance import balanced
from robusttrain.combinatorics.sure import sure_vectors
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.redundancy.agreement.base import Agreement


def sources(scheme: Scheme, agreement: Agreement) -> np.ndarray:
    """[n] int: the worker that each vector is pulled from where all copies agree."""
    if agreement.probes:
        return np.array(scheme.members)
    return balanced(scheme.teams, np.ones(scheme.teams.shape, dtype=bool), scheme.workers)


def outvoted(
    scheme: Scheme,
    byzantine: int,
    forged: int,
    agreement: Agreement,
    stages: Sequence[PreAggregator],
) -> bool:
    """Whether half of the vectors can be bad, as far as can be excluded.

    They cannot if less than half of the tasks are forged; nor, whatever is forged, if the first
    stage goes by sources and every honest worker is sure to be one.

    scheme: its members, of which `byzantine` are assumed to lie and can forge `forged` tasks.
    """
    teams = np.array(scheme.members)[:, None] if agreement.probes else scheme.teams
    if 2 * forged < len(teams):
        return False
    count = stages[0].per_source if stages else None
    sure = count is not None and sure_vectors(teams, byzantine) >= count
    return not sure or 2 * byzantine >= len(scheme.members)
