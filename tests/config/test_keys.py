"""Keys that nothing reads are refused, with the nearest that something does."""

import pytest
from omegaconf import OmegaConf

from robusttrain.config.keys import check_keys, known
from robusttrain.config.recipe import recipe


@pytest.mark.parametrize(
    ("override", "key", "remedy"),
    [
        ("+defense.byzantin=3", "defense.byzantin", "did you mean defense.byzantine?"),
        ("+step=5", "step", "did you mean steps?"),
        ("+runtime.rank=2", "runtime.rank", "did you mean runtime.ranks?"),
        ("+attak={}", "attak", "did you mean attack?"),
        ("+zzz.qqq=1", "zzz.qqq", "leave it out"),
    ],
)
def test_a_key_that_nothing_reads_is_refused(configure, override, key, remedy):
    with pytest.raises(ValueError, match="is no key") as caught:
        recipe(configure(override))
    assert str(caught.value) == f"{key} is no key of the configuration; {remedy}"


def test_every_key_of_a_default_run_is_known(configure):
    check_keys(OmegaConf.to_container(configure(), resolve=True))
    plain, chosen = known()
    assert {"steps", "defense.byzantine", "runtime.ranks", "run.name"} <= plain.keys()
    assert {"attack", "aggregator", "optimizer"} <= chosen


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("workers=true", "workers=true must be a whole number; use 15"),
        ("defense.secret=x", "defense.secret=x must be a whole number or null; use null"),
        ("runtime.patience=true", "runtime.patience=true must be a number; use 1800"),
        ("run.root=", "run.root= must not be empty; use runs"),
        ("~seed", "seed is missing; use seed=0"),
        (
            "threat=null",
            "threat=null has keys of its own; use them: threat.byzantine=3, threat.knowl",
        ),
        ("~vote", "vote=null must be one of majority, or have a _target_"),
    ],
)
def test_values_have_the_types_of_the_defaults(configure, override, message):
    with pytest.raises(ValueError) as caught:
        recipe(configure(override))
    assert str(caught.value).startswith(message)


def test_seconds_may_be_any_number(configure):
    check_keys(OmegaConf.to_container(configure("runtime.deadline=0.5"), resolve=True))


def test_another_configuration_has_keys_of_its_own():
    with pytest.raises(ValueError, match="attack"):
        check_keys({"attack": {"_target_": "x"}}, "certify")
    assert known("certify")[1] == {"assignment"}
