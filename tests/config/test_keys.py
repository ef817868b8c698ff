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
    assert {"steps", "defense.byzantine", "runtime.ranks", "run.name"} <= plain
    assert {"attack", "aggregator", "optimizer"} <= chosen
