"""One tree three times: package, configs and tests; the file name is the config name."""

import ast
from graphlib import TopologicalSorter
from statistics import median

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


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]


def test_every_module_is_tested_under_its_name():
    """Abstract bases without code of their own are tested through their leaves' contract."""
    untested = [
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if not (TESTS / path.relative_to(PACKAGE)).with_name(f"test_{path.name}").is_file()
        and not (path.name == "base.py" and has_contract(path))
    ]
    assert untested == []


def has_contract(path) -> bool:
    return (TESTS / path.relative_to(PACKAGE)).with_name("test_contract.py").is_file()


def test_modules_and_functions_stay_small():
    sizes = {str(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: n for path, n in sizes.items() if n > 260} == {}
    assert median(sizes.values()) < 60
    long = [
        (str(path), node.name)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 50
    ]
    assert long == []


def test_no_file_imports_itself_through_others():
    """Imports inside functions aside: those are there to be late."""
    names = {".".join(("robusttrain", *p.relative_to(PACKAGE).with_suffix("").parts)): p
             for p in MODULES}  # fmt: skip
    graph = {name: imported(path) & names.keys() for name, path in names.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert sorted(order) == sorted(names)


def imported(path) -> set[str]:
    nodes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
    modules = {str(node.module) for node in nodes}
    return modules | {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
