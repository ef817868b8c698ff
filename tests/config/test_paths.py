"""Where the configuration is, in a checkout; tests/test_cli.py tries a wheel."""

from support import ROOT

from robusttrain.config.paths import CONFIGS


def test_a_checkout_has_its_configuration_beside_the_package():
    assert ROOT / "configs" == CONFIGS
    assert (CONFIGS / "train.yaml").is_file()
