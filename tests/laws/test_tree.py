"""One tree three times: package, configs and tests; the file name is the config name."""

import pytest
import yaml
from support import ROOT

PACKAGE, CONFIGS, TESTS = ROOT / "robusttrain", ROOT / "configs", ROOT / "tests"
STAGES = {
    folder.name: folder.relative_to(PACKAGE)
    for folder in sorted(PACKAGE.rglob("*"))
    if folder.is_dir() and (CONFIGS / folder.name).is_dir()
}
LIBRARY = {"optimizer", "schedule"}


def names(folder, suffix: str) -> set[str]:
    return {p.stem for p in folder.glob(f"*{suffix}")} - {"__init__", "base"}


def target(path) -> str:
    content = yaml.safe_load(path.read_text())
    return content["_target_"] if "_target_" in content else content[path.stem]["_target_"]


def test_every_config_folder_is_a_stage_or_a_librarys():
    folders = {p.name for p in CONFIGS.iterdir() if p.is_dir()}
    assert folders == {*STAGES, *LIBRARY, "experiment"}
    for stage in LIBRARY:
        for path in (CONFIGS / stage).glob("*.yaml"):
            assert target(path).startswith("torch.optim.")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_modules_are_its_choices(stage):
    assert names(PACKAGE / STAGES[stage], ".py") == names(CONFIGS / stage, ".yaml")
    room = ".".join(STAGES[stage].parts)
    for path in (CONFIGS / stage).glob("*.yaml"):
        assert target(path).startswith(f"robusttrain.{room}.{path.stem}.")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_modules_are_tested_under_their_names(stage):
    tested = {p.stem.removeprefix("test_") for p in (TESTS / STAGES[stage]).glob("test_*.py")}
    assert names(PACKAGE / STAGES[stage], ".py") <= tested


def test_modules_stay_small():
    sizes = {p: len(p.read_text().splitlines()) for p in PACKAGE.rglob("*.py")}
    assert {str(p): n for p, n in sizes.items() if n > 260} == {}
