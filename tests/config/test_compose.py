"""Configuration from overrides alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from support import ROOT

from robusttrain.config.compose import check_list, compose, recipe


def test_it_is_what_the_command_line_composes(configure):
    words = ("experiment=digits_audit", "workers=9", "seed=4")
    plain = configure(*words, "defense.secret=null")
    assert compose(*words) == plain


@pytest.mark.parametrize(
    ("word", "says"),
    [("detector=psychic", "detector=psychic does not exist; choose from audit, clique, cover"),
     ("foo=3", "foo is no key"), ("pre=[]", "preaggregator=\\[\\]"),
     ("seed=0,1", "sweep"), ("=", "="), ("seed=${nothing}", "nothing"), ("-m", "option"),
     (3, "string")],
)  # fmt: skip
def test_a_bad_override_is_one_line(word, says):
    with pytest.raises(ValueError, match=says) as refused:
        compose(word)
    assert "\n" not in str(refused.value)


def test_what_cannot_run_is_refused():
    with pytest.raises(ValueError, match="batch=7 must be"):
        recipe("batch=7")


def test_threads_compose_side_by_side():
    with ThreadPoolExecutor(4) as pool:
        configs = list(pool.map(lambda seed: compose(f"seed={seed}"), range(8)))
    assert [config.seed for config in configs] == list(range(8))


def test_an_application_of_hydra_goes_on_as_it_was():
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        outer = GlobalHydra.instance().hydra
        assert compose("seed=3").seed == 3
        with pytest.raises(ValueError, match="foo"):
            compose("foo=1")
        assert GlobalHydra.instance().hydra is outer
    assert not GlobalHydra.instance().is_initialized()


def test_a_list_of_overrides_is_no_single_one():
    check_list(["batch=100"])
    with pytest.raises(ValueError, match=r"^config is a list of overrides, as in config=\['b=1'\]"):
        check_list("b=1")
