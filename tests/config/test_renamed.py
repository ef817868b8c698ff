"""Old names on the command line."""

import pytest

from robusttrain.config.compose import compose
from robusttrain.config.recipe import recipe
from robusttrain.config.renamed import check_names, renamed

OLD = {
    "pre=[]": "preaggregator=[]",
    "pre.bucketing.buckets=3": "preaggregator.bucketing.buckets=3",
    "who=fixed": "placement=fixed",
    "who.workers=[1]": "placement.workers=[1]",
    "+who.workers=[1]": "+placement.workers=[1]",
    "++who.workers=[1]": "++placement.workers=[1]",
    "~pre": "~preaggregator",
    "targets=all": "target=all",
    "targets=hidden": "target=undetected",
    "target=hidden": "target=undetected",
    "target=alone": "target=unopposed",
    "target=all,hidden, alone": "target=all,undetected,unopposed",
    "aggregator.reference=0": "aggregator.trusted_worker=0",
    "aggregator.trusted_row=3": "aggregator.trusted_worker=3",
}
CURRENT = (
    "preaggregator=[nnm]", "placement.workers=[1]", "target=all", "attack=alie", "precision=1",
    "run.name=who=fixed", "run.label=hidden", "model.hidden=32", "--help", "", "seed=range(0,3)",
)  # fmt: skip


@pytest.mark.parametrize("old", OLD)
def test_an_old_name_says_the_new_one(old):
    assert renamed(old) == OLD[old]
    with pytest.raises(ValueError) as refused:
        check_names(["seed=1", old])
    assert str(refused.value) == f"{old} is now {OLD[old]}; use the new name"


@pytest.mark.parametrize("old", ["aggregator.reference=0", "aggregator.trusted_row=3"])
def test_a_row_that_fl_trust_was_told_to_trust_leads_to_samples_of_the_servers(old):
    with pytest.raises(ValueError, match=rf"^{old} is gone from fl_trust.*defense.root_sam"):
        check_names(["aggregator=fl_trust", old])


@pytest.mark.parametrize(
    ("word", "name"),
    [("attack=slow", "slow"), ("attack=alie,bit_flip", "bit_flip"), ("+attack=silent", "silent")],
)
def test_what_was_an_attack_leads_to_the_fault(word, name):
    with pytest.raises(
        ValueError, match=rf"^attack={name} is now a fault: .*do: {name}\}}\]'$"
    ) as e:
        check_names(["seed=1", word])
    fault = str(e.value).partition("'")[2].rstrip("'")
    assert recipe(compose(fault)).threat.faults.planned[0].steps == 10


@pytest.mark.parametrize("word", CURRENT)
def test_other_words_stay(word):
    assert renamed(word) == word
    check_names([word])


def test_all_old_names_are_told_at_once():
    with pytest.raises(ValueError, match=r"^pre=.* is now .*, who=fixed is now placement=fixed;"):
        check_names(["pre=[]", "who=fixed"])


@pytest.mark.parametrize("new", sorted(set(OLD.values())))
def test_the_new_names_are_current(new):
    assert renamed(new) == new
