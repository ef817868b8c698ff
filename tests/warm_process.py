"""The process behind warm.py: imports all that a run needs, and forks for each command.

A fork has its own environment, folder, session and signals, as a new process has. torchrun in it
is the real one, but for one thing: its ranks are forked by a child of it that has no threads.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from support import ROOT
from warm import STARTED, Caller

from robusttrain.comm.supervisor import die_with_parent

PATH = sys.path[2:]  # without the folder of this file and PYTHONPATH
LATE = (
    "torch._functorch.apis",
    "torch.distributed.run", "torch.nn.parallel", "torch.utils.data", "robusttrain.run.rank",
    "robusttrain.run.recorder", "robusttrain.run.session", "robusttrain.run.trial",
    "robusttrain.report.certificates_plot", "robusttrain.report.harm", "robusttrain.report.table",
)  # fmt: skip


def warm_up() -> None:
    """Import all that the commands import; no thread may have been started, since they fork."""
    for module in LATE:
        import_module(module)
    from robusttrain.config.compose import recipe
    from robusttrain.config.rates import check_rates

    check_rates(recipe().config)  # imports what torch's optimizers import late
    gc.collect()
    gc.freeze()
    gc.disable()
    threads = os.listdir("/proc/self/task")
    assert len(threads) == 1, threads


def serve(channel: socket.socket) -> None:
    """Answer each line, a list [number, job, fields], until the other end is closed."""
    jobs = {"run": run, "start": start, "poll": poll}
    with channel.makefile("r") as lines:
        for line in lines:
            number, job, fields = json.loads(line)
            answer = jobs[job](channel, **fields)
            channel.sendall(json.dumps([number, answer]).encode() + b"\n")


def start(
    channel: socket.socket, command: Sequence[str], cwd: str, env: dict[str, str],
    out: str = "", err: str = "", text: str = "", launches: bool = True,
) -> int:  # fmt: skip
    """Fork a process for the command, in a session of its own; its id.

    out, err: files for its output; "": where this one writes.
    launches: ranks that it starts by torchrun are forks, too.
    """
    ready, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        os.read(ready, 1)
        os.close(ready)
        return child
    os.setsid()
    for descriptor in (channel.fileno(), ready):
        os.close(descriptor)
    for path, number in ((out, 1), (err, 2)):
        if path:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, number)
            os.close(file)
    os.write(tell, b".")
    os.close(tell)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    forker = fork_ranks() if launches else None
    gc.enable()
    code = outcome(lambda: become(list(command[1:]), text), failed=1)
    if forker is not None:
        forker.shutdown(socket.SHUT_RDWR)
        os.wait()
    os._exit(code)


def poll(channel: socket.socket, pid: int) -> int | None:
    """The exit code of a process that `start` has started; None: it runs."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def fork_ranks() -> socket.socket:
    """From now on torchrun, in this process, has a process without threads fork its ranks.

    That process ends once the socket is shut down.
    """
    from torch.distributed.elastic.multiprocessing.subprocess_handler import SubprocessHandler

    die_with_parent()
    mine, its = socket.socketpair()
    if os.fork() == 0:
        die_with_parent()
        mine.close()
        serve(its)
        os._exit(0)
    its.close()
    caller = Caller(mine)
    SubprocessHandler._popen = lambda self, args, env: caller.start_rank(args, env)
    return mine


def become(words: list[str], text: str) -> None:
    """Run what `python words` would: a module, a script, or, for -i, `text`."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if words[0] == "-u":
        del words[0]
    if words[0] == "-m":
        first, sys.argv = os.getcwd(), words[1:]
    else:
        first, sys.argv = "" if words[0] == "-i" else str(Path(words[0]).parent.resolve()), words
    sys.path[:] = [first, *filter(None, given), *PATH]
    if words[0] == "-m":
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-i":
        sys.argv, sys.ps1, sys.ps2 = [""], "", ""
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(text, "<stdin>", "exec"), vars(main))
    else:
        runpy.run_path(words[0], run_name="__main__")


def run(channel: socket.socket, script: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run a script in a fork, up to the start of its ranks; the fields of an `Ended`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        child = os.fork()
        if child == 0:
            from robusttrain.comm import torchrun

            torchrun.start_ranks = lambda *given: print(STARTED) or 0
            os.environ["COLUMNS"] = "300"
            os.chdir(folder)
            for stream, number in ((out, 1), (err, 2)):
                os.dup2(stream.fileno(), number)
            sys.argv = [str(ROOT / "launch" / script), *arguments]
            os._exit(outcome(lambda: runpy.run_path(sys.argv[0], run_name="__main__"), failed=70))
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


def outcome(job: Callable[[], Any], failed: int) -> int:
    """Do it; the exit code that Python would end with, `failed` for an exception."""
    code: Any = 0
    try:
        job()
    except SystemExit as stop:
        code = stop.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException as error:
        traceback.print_exc()
        code = failed
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code or 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if tests run behind a shell
    die_with_parent()
    warm_up()
    serve(socket.socket(fileno=int(sys.argv[1])))
