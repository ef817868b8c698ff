"""Who may import whom, and that the defence cannot learn who lies."""

import ast

import pytest
from support import ROOT

PACKAGE = ROOT / "robusttrain"
LEVELS = [
    {"types", "rng", "stages", "ops", "comm", "monitor"},
    {"combinatorics", "training"},
    {"redundancy", "threat", "defense"},
    {"certificate", "protocol"},
    {"membership"},
    {"topology"},
    {"config", "analysis"},
    {"report", "run"},
    {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
KNOWS = {"threat", "protocol", "analysis", "config", "report", "run"}
MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.name != "__init__.py"]


def part(path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def parts_imported(path) -> set[str]:
    dotted = [name.split(".") for name in imports(path) if name.startswith("robusttrain.")]
    return {names[1] for names in dotted} - {"__version__"}


def test_every_part_has_a_level():
    assert {part(path) for path in MODULES} == set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    mine = part(path)
    for other in parts_imported(path) - {mine}:
        assert LEVEL[other] <= LEVEL[mine], f"{mine} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_comm_imports_torch_distributed(path):
    distributed = {name for name in imports(path) if name.startswith("torch.distributed")}
    assert not distributed or part(path) == "comm"


def reach(name: str) -> set[str]:
    """All parts that a part imports, however indirectly, except what its callers hand it."""
    seen, todo = set(), {name}
    while todo:
        current = todo.pop()
        seen.add(current)
        for path in MODULES:
            if part(path) == current:
                todo |= parts_imported(path) - seen
    return seen


@pytest.mark.parametrize("name", ["defense", "membership", "certificate", "redundancy"])
def test_the_defence_cannot_learn_who_lies(name):
    assert not reach(name) & KNOWS


def test_the_servers_loop_is_given_no_ground_truth():
    tree = ast.parse((PACKAGE / "topology" / "parameter_server.py").read_text())
    bodies = {node.name: ast.unparse(node) for node in tree.body if hasattr(node, "name")}
    for name in ("Server", "serve", "commitments"):
        assert not any(word in bodies[name].lower() for word in ("threat", "byzantine", "forged"))
    assert "threat" not in (PACKAGE / "protocol" / "pull.py").read_text()


def test_nothing_is_unpickled_and_no_object_collective_is_used():
    for path in MODULES:
        assert not {"pickle", "cloudpickle", "dill", "marshal"} & imports(path), path
        for word in ("pickle.", "object_list", "gather_object", "recv_object"):
            assert word not in path.read_text(), f"{path}: {word}"


def test_no_global_randomness_is_drawn():
    words = ("np.random.seed", "np.random.rand", "random.random(", "torch.rand(", "torch.randn(",
             "torch.randperm(", "torch.randint(")  # fmt: skip
    for path in MODULES:
        assert not any(word in path.read_text() for word in words), path
