"""Namespaces of stages: what they list, what they import, and that the folder is the list."""

import subprocess
import sys
from importlib import import_module

import pytest
import yaml
from support import ROOT, environment

import robusttrain as rt

PACKAGE = ROOT / "robusttrain"
FOLDERS = [
    folder
    for folder in sorted(PACKAGE.rglob("*"))
    if folder.is_dir() and (ROOT / "configs" / folder.name).is_dir() and folder.parent != PACKAGE
]
FOLDERS = [folder for folder in FOLDERS if (folder / "__init__.py").exists()]


def targets(folder):
    for path in sorted((ROOT / "configs" / folder.name).glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        yield content["_target_"] if "_target_" in content else content[path.stem]["_target_"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_choice_of_the_configuration_is_in_its_namespace(folder):
    stage = getattr(rt, folder.name)
    for path in targets(folder):
        module, name = path.rsplit(".", 1)
        part = getattr(import_module(module), name)
        if isinstance(part, type):
            assert getattr(stage, name) is part
            assert name in dir(stage)
        else:
            assert getattr(getattr(stage, module.rsplit(".", 1)[1]), name) is part


@pytest.mark.parametrize(
    ("stage", "name"),
    [("aggregator", "Rule"), ("aggregator", "GramRule"), ("aggregator", "CoordinateRule"),
     ("aggregator", "SelectionRule"), ("preaggregator", "PreAggregator"), ("detector", "Detector"),
     ("attack", "Attack"), ("assignment", "Assignment"), ("target", "Target"), ("vote", "Vote"),
     ("placement", "Placement"), ("agreement", "Agreement"), ("objective", "Objective"),
     ("data", "Data"), ("augment", "Augment")],
)  # fmt: skip
def test_base_classes_to_extend_are_there(stage, name):
    assert isinstance(getattr(getattr(rt, stage), name), type)


def test_a_name_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(AttributeError, match=r"has no 'Krumm'; it has .*Krum, "):
        rt.aggregator.Krumm  # noqa: B018
    with pytest.raises(AttributeError):
        rt.aggregator._private  # noqa: B018


def test_a_new_file_is_a_new_name_and_no_other_is_imported(tmp_path):
    stage = tmp_path / "stage"
    stage.mkdir()
    (stage / "__init__.py").write_text(
        "from robusttrain.stages import expose\n__getattr__, __dir__ = expose(__name__, __file__)\n"
    )
    (stage / "one_two.py").write_text("class OneTwo: pass\nclass _Hidden: pass\n")
    (stage / "none.py").write_text("class NoThing: pass\n")
    (stage / "broken.py").write_text("class Broken: pass\nraise RuntimeError\n")
    code = (
        "import sys, stage; assert stage.OneTwo and stage.NoThing;"
        "assert 'stage.broken' not in sys.modules;"
        "print(*dir(stage)); from stage import *"
    )
    path = environment() | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True)
    assert done.stdout.split() == ["Broken", "NoThing", "OneTwo", "broken", "none", "one_two"]
    assert "RuntimeError" in done.stderr  # only * imports them all
