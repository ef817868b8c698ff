"""Every task."""

import numpy as np

from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.all import All


def test_everything_is_a_target():
    teams = Subset(3).teams(7)
    for liars in ([], [0], [2, 5, 6]):
        found = All().tasks(teams, np.isin(np.arange(7), liars))
        assert found.dtype == bool
        assert found.tolist() == [True] * 35
