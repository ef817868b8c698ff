"""A data set of 5 GB is trained on with resident memory under 2 GB, of all processes together."""

import json
import os
import sys

from support import ROOT, call, environment

OVERRIDES = (
    "data=own", "data.make=own_data.make_large", "data.processes=2",
    "model._target_=own_data.Sparse", "workers=5", "batch=50", "steps=100", "assignment=single",
    "agreement=none", "detector=none", "preaggregator=[]", "target=all", "threat.byzantine=1",
    "defense.byzantine=1",
)  # fmt: skip
CODE = """
import json, multiprocessing, sys
from pathlib import Path
import numpy as np
import robusttrain as rt

def kilobytes(pid, file, field):
    return int(Path(f"/proc/{pid}/{file}").read_text().split(field)[1].split()[0])

def report(step):
    if step.plan.step % 10 != 9:
        return
    pids = ["self", *(child.pid for child in multiprocessing.active_children())]
    together.append(sum(kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids))
    peaks.append([kilobytes(pid, "status", "VmHWM:") for pid in pids])

together, peaks = [], []
recipe = rt.recipe(*sys.argv[1:])
samples = np.concatenate([recipe.planner(step).samples.ravel() for step in range(100)])
server = rt.simulate(recipe, report, ranks=1)
inputs, _ = recipe.data.example
print(json.dumps({
    "bytes": len(np.unique(samples)) * inputs.numel() * inputs.element_size(),
    "together": together, "peaks": peaks, "weight": server.parameters.abs().max().item(),
}))
"""


def test_five_gigabytes_are_read_with_less_than_two(tmp_path):
    """The highest memory of each process also grows by less than a twentieth of what is read."""
    env = environment() | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    done = call([sys.executable, "-c", CODE, *OVERRIDES], tmp_path, env)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["bytes"] > 5e9
    assert max(found["together"]) < 2e6
    assert len(found["peaks"][-1]) == 3
    for first, last in zip(found["peaks"][0], found["peaks"][-1], strict=True):
        assert last < 2e6
        assert last - first < 0.05 * found["bytes"] / 1e3
    assert found["weight"] > 0
