"""`import robusttrain as rt`: light, complete, and the same for type checkers."""

import ast
import subprocess
import sys

import pytest
import torch
from support import ROOT, SMALL, environment

import robusttrain as rt


def loaded(code: str) -> set[str]:
    """The modules that are there after `code` ran in a fresh interpreter."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_import_is_light():
    heavy = {"torch", "numpy", "hydra", "omegaconf", "rich"}
    assert not heavy & loaded("import robusttrain; dir(robusttrain); dir(robusttrain.aggregator)")


def test_train_is_known_before_torch_is_imported():
    assert "torch" not in loaded("import robusttrain as rt; rt.train")


def test_a_rank_imports_neither_the_compiler_nor_scikit_learn_for_what_it_does_first():
    """Each would take it a second of CPU."""
    code = (
        "from robusttrain.config.device import fix_numerics; fix_numerics(1)\n"
        "from robusttrain.training.data.digits import Digits; Digits().load()"
    )
    assert not {"torch._dynamo", "torch._inductor", "sklearn", "scipy"} & loaded(code)


def test_all_names_are_there():
    for name in rt.__all__:
        assert getattr(rt, name) is not None
        assert name in dir(rt)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rt.nothing  # noqa: B018


def test_a_type_checker_sees_the_same_names():
    tree = ast.parse((ROOT / "robusttrain" / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == {name: f"robusttrain.{module}" for name, module in rt.MODULE_OF.items()}
    assert sorted(rt.__all__) == sorted(seen)


def test_the_version_is_the_packages():
    assert f'version = "{rt.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_a_recipe_and_its_certificate():
    recipe = rt.recipe("experiment=digits_audit", "workers=15")
    assert isinstance(recipe, rt.Recipe)
    assert recipe.workers == 15
    certificate = rt.certify(rt.assignment.Subset(3), workers=15, byzantine=3)
    assert isinstance(certificate, rt.Certificate)
    assert certificate.voted.count == 37


def test_stages_and_rules_compose():
    vectors = torch.tensor([[1.0, 2.0], [2.0, 2.0], [3.0, 3.0], [9e9, 0.0]])
    out = rt.aggregate(vectors, rt.aggregator.Mean(), [rt.preaggregator.Nnm(f=1)])
    assert torch.equal(out, rt.aggregator.Mean()(rt.preaggregator.Nnm(f=1)(vectors)))


def test_a_recipe_is_simulated_in_this_process():
    server = rt.simulate(rt.recipe(*SMALL, "steps=1", "runtime.ranks=1"))
    assert torch.isfinite(server.parameters).all()


def test_an_attack_of_ones_own_is_given_knowledge():
    (name,) = set(rt.attack.Attack.forge.__annotations__) - {"return"}
    assert rt.attack.Attack.forge.__annotations__[name] is rt.Knowledge


def test_models_are_where_the_docstring_says():
    assert "rt.model.small_cnn.small_cnn" in rt.__doc__
    assert callable(rt.model.small_cnn.small_cnn)
