"""Overrides are read before Hydra composes them."""

import pytest

from robusttrain.config.overrides import check_overrides, check_single


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("steps", "^steps has no value; write steps=VALUE$"),
        ("", "^'' has no value; write key=VALUE$"),
        ("=5", "^=5 has no key"),
        ("steps=[", r"^steps=\[ cannot be read"),
        ("attack=nan", "^attack=nan does not exist; did you mean nans. choose from alie"),
        ("attack=alie,nan", "^attack=nan does not exist"),
        ("detector=null", "use detector=none"),
        ("preaggregator=none", r"use preaggregator=\[\] for none"),
        ("preaggregator=[nnm,1]", "choose from arc"),
        ("aggregator=[krum]", r"^aggregator=\[krum\] does not exist; did you mean krum"),
        ("who=fixed", "who=fixed is now placement=fixed"),
        ("-m", "option"),
        (3, "string"),
    ],
)
def test_what_cannot_be_is_refused(word, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_overrides(["seed=1", word])
    assert "\n" not in str(caught.value)


def test_what_can_be_passes(tmp_path):
    words = ["seed=1", "~experiment", "preaggregator=[]", "preaggregator=[nnm,arc]", "attack=alie",
             "detector@detector.inner=clique", "attack=glob(*)", "seed=range(1,3)"]  # fmt: skip
    assert [override.input_line for override in check_overrides(words)] == words
    (tmp_path / "attack").mkdir()
    (tmp_path / "attack" / "mine.yaml").touch()
    check_overrides(["attack=mine"], [tmp_path])
    check_overrides(["attack=mine", "hydra.searchpath=[elsewhere]"])
    with pytest.raises(ValueError, match="choose from alie"):
        check_overrides(["attack=mine"])


def test_a_sweep_is_no_single_value():
    check_single(check_overrides(["seed=1", "steps=[1,2]"]), "")
    with pytest.raises(ValueError, match=r"^seed=1,2 gives several values, a sweep; add -m, or"):
        check_single(check_overrides(["steps=3", "seed=1,2"]), "add -m")
