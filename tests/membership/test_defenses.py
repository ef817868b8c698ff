"""Defences across changes of membership: made once, and what they remember goes on."""

import numpy as np

from robusttrain.config.recipe import recipe
from robusttrain.membership.defenses import Defenses

STATUS = np.array([1, 1] + [0] * 13, np.uint8)


def defenses_of(built) -> Defenses:
    return Defenses(built.defend, built.defense, built.planner)


def test_what_a_rule_and_a_stage_remember_outlives_a_change_of_members(configure):
    built = recipe(
        configure(
            "aggregator=centered_clipping", "preaggregator=[static_momentum]", "defense.evict=true"
        )
    )
    defenses = defenses_of(built)
    before, after = defenses(0 * STATUS), defenses(STATUS)
    assert before.byzantine != after.byzantine
    assert before.pipeline.rule.memory is after.pipeline.rule.memory
    before, after = before.pipeline, after.pipeline
    assert before.stages[0].memory is after.stages[0].memory is not before.rule.memory


def test_each_membership_has_one_defence(configure):
    built = recipe(configure("defense.evict=true"))
    defenses = defenses_of(built)
    assert defenses(STATUS) is defenses(STATUS.copy())
    assert defenses(STATUS) is not defenses(0 * STATUS)
    assert defenses.feasible(STATUS).members == tuple(range(2, 15))
