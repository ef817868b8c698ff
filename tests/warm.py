"""Command lines run in forks of one process that has imported everything: a tenth of a second each.

`Warm` is the test's side; run as a script, this file is the process.
"""

import gc
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STARTED = "ranks would start now"


@dataclass
class Ended:
    """A command that ended: its exit code, its output, seconds of CPU, and the files it left."""

    code: int
    out: str
    err: str
    seconds: float
    left: list[str]

    @property
    def started(self) -> bool:
        return self.code == 0 and STARTED in self.out


class Warm:
    """Runs scripts of launch/, each in a fork, in an empty folder; no ranks are started."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "300"},
        )  # fmt: skip

    def __call__(self, script: str, *arguments: str) -> Ended:
        self.process.stdin.write(json.dumps([script, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the warm process has ended; see its errors above"
        return Ended(**json.loads(answer))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def serve() -> None:
    """Answer each line of stdin, a list of script and arguments, with an `Ended`."""
    for module in ("run.recorder", "report.certificates_plot", "report.harm", "report.table"):
        import_module(f"robusttrain.{module}")
    from robusttrain.comm import torchrun
    from robusttrain.config.compose import recipe
    from robusttrain.config.rates import check_rates

    check_rates(recipe().config)  # imports what torch's optimizers import late
    gc.collect()
    gc.freeze()
    gc.disable()
    torchrun.start_ranks = lambda *given: print(STARTED) or 0
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)


def run(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script in a fork; the fields of an `Ended`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            for stream, number in ((out, 1), (err, 2)):
                os.dup2(stream.fileno(), number)
            os._exit(end(script, arguments))
        _, status, usage = os.wait4(child, 0)
        for stream in (out, err):
            stream.seek(0)
        left = [str(path.relative_to(folder)) for path in Path(folder).rglob("*")]
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read(),
            "err": err.read(),
            "seconds": usage.ru_utime + usage.ru_stime,
            "left": left,
        }


def end(script: str, arguments: Sequence[str]) -> int:
    """Be the script; what Python would make of its end."""
    sys.argv = [str(ROOT / "launch" / script), *arguments]
    code: Any = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as stop:
        code = stop.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    return code or 0


if __name__ == "__main__":
    serve()
