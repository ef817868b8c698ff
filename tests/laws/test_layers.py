"""Who may import whom, and that the defence cannot learn who lies."""

import ast

import pytest
from support import ROOT

PACKAGE = ROOT / "robusttrain"
LEVELS = [
    {"types", "rng", "names", "stages", "values", "usercode", "ops", "comm", "monitor"},
    {"combinatorics", "training"},
    {"redundancy", "threat", "defense"},
    {"certificate", "protocol", "benchmark"},
    {"membership"},
    {"topology"},
    {"config", "analysis"},
    {"report", "run"},
    {"study"},
    {"cli"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
KNOWS = {"threat", "protocol", "benchmark", "analysis", "config", "report", "run", "study"}
MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.name != "__init__.py"]


def part(path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path, types_too: bool = True) -> set[str]:
    """What a module imports; types_too: also what it imports for annotations alone."""
    tree, names = ast.parse(path.read_text()), set()
    if not types_too:
        tree.body = [node for node in tree.body if not is_for_types_only(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def parts_imported(path) -> set[str]:
    dotted = [name.split(".") for name in imports(path) if name.startswith("robusttrain.")]
    return {names[1] for names in dotted} - {"__version__"}


def test_every_part_has_a_level():
    assert {part(path) for path in MODULES} == set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = part(path)
    for other in parts_imported(path) - {own}:
        assert LEVEL[other] <= LEVEL[own], f"{own} imports {other}"


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


def modules_reached(path) -> set[str]:
    """All modules that run when this one is imported, by their dotted names in the package."""
    seen, todo = set(), {path}
    while todo:
        current = todo.pop()
        seen.add(current)
        names = imports(current, types_too=False)
        todo |= {BY_NAME[name] for name in names & BY_NAME.keys()} - seen
    return {dotted(path) for path in seen}


def dotted(path) -> str:
    return ".".join(("robusttrain", *path.relative_to(PACKAGE).with_suffix("").parts))


BY_NAME = {dotted(path): path for path in MODULES}
WORKERS_SIDE = {
    f"robusttrain.protocol.{name}"
    for name in ("worker", "answers", "answerer", "prober", "checker", "faulty", "struck")
}
SERVERS_SIDE = [
    path for path in MODULES
    if part(path) in ("protocol", "membership", "topology") and dotted(path) not in WORKERS_SIDE
]  # fmt: skip


@pytest.mark.parametrize("path", SERVERS_SIDE, ids=dotted)
def test_the_servers_side_never_imports_the_threat(path):
    reached = modules_reached(path)
    assert not {name for name in reached if name.startswith("robusttrain.threat.")}
    assert not reached & WORKERS_SIDE


def test_the_workers_side_does_import_the_threat():
    for name in WORKERS_SIDE:
        assert any(n.startswith("robusttrain.threat.") for n in modules_reached(BY_NAME[name]))


def test_the_in_process_transport_needs_no_process_group():
    reached = modules_reached(PACKAGE / "protocol" / "in_process.py")
    outside = {name for module in reached for name in imports(BY_NAME[module])}
    assert not {name for name in outside if name.startswith("torch.distributed")}


@pytest.mark.parametrize("name", ["defense", "membership", "certificate", "redundancy"])
def test_the_defence_cannot_learn_who_lies(name):
    assert not reach(name) & KNOWS


def test_the_servers_loop_is_given_no_ground_truth():
    tree = ast.parse((PACKAGE / "topology" / "parameter_server.py").read_text())
    bodies = {node.name: ast.unparse(node) for node in tree.body if hasattr(node, "name")}
    for name in ("Server", "serve"):
        assert not any(word in bodies[name].lower() for word in ("threat", "byzantine", "forged"))
    for name in ("pull", "exchange", "digests", "intake", "probing"):
        assert "threat" not in (PACKAGE / "protocol" / f"{name}.py").read_text()


def test_nothing_is_unpickled_and_no_object_collective_is_used():
    for path in MODULES:
        assert not {"pickle", "cloudpickle", "dill", "marshal"} & imports(path), path
        for word in ("pickle.", "object_list", "gather_object", "recv_object"):
            assert word not in path.read_text(), f"{path}: {word}"


RESTORES = PACKAGE / "training" / "keyed.py"  # seeds them around the user's items


def test_no_global_randomness_is_drawn():
    words = ("np.random.seed", "np.random.rand", "random.random(", "torch.rand(", "torch.randn(",
             "torch.randperm(", "torch.randint(")  # fmt: skip
    for path in MODULES:
        assert path == RESTORES or not any(word in path.read_text() for word in words), path
