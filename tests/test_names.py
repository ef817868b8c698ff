"""Names of components, from an object and from its target."""

import pytest
from support import component, described, members

from robusttrain.names import name_of, name_of_target

STAGES = ("aggregator", "preaggregator", "attack", "detector", "assignment", "placement", "target")
CHOICES = [path for stage in STAGES for path in members(stage)]


@pytest.mark.parametrize("path", CHOICES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_names_are_those_of_the_command_line(path):
    assert name_of(component(path)) == path.stem
    assert name_of_target(described(path)["_target_"]) == path.stem
