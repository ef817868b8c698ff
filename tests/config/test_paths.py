"""The folder with the YAML files is found from a checkout and from an installed package."""

import runpy
import shutil

from support import ROOT

from robusttrain.config import paths


def test_in_a_checkout_it_lies_beside_the_package():
    assert paths.CONFIGS.samefile(ROOT / "configs")


def test_in_an_installed_package_it_lies_inside(tmp_path):
    module = tmp_path / "robusttrain" / "config" / "paths.py"
    for folder in (module.parent, tmp_path / "configs", tmp_path / "robusttrain" / "configs"):
        folder.mkdir(parents=True)
    shutil.copy(paths.__file__, module)
    assert runpy.run_path(str(module))["CONFIGS"] == tmp_path / "robusttrain" / "configs"
