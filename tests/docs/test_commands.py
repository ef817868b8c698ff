"""Every command in the documentation parses, and every configuration it names passes the checks."""

import argparse
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser as hydra_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from support import ROOT
from torch.distributed.run import get_args_parser as torchrun_parser

from robusttrain.comm.keys import make
from robusttrain.config.recipe import recipe
from robusttrain.run.session_checks import words

PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
]
SCRIPTS = {"certify", "harm", "bench", "report", "catalogue", "paper", "keys"}
START = re.compile(
    r"^(\.venv/bin/)?(python|torchrun|robusttrain|pip|bash) |^experiment=|^-m [\w.@/]+="
)
PLACEHOLDER = re.compile(r"(?<![\w${.])[A-Z]{2,}(?![\w.])")  # HOST, not cifar10 or NCCL_HOSTID
OVERRIDES = re.compile(r"^\| `(bash launch/local\.sh|[\w./ -]+train\.py) \.\.\.` \|")


@dataclass(frozen=True)
class Command:
    """page: where it stands; line: 1, 2, ...; text: one line, continuation lines joined."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def commands(page: Path, text: str) -> Iterator[Command]:
    """Commands in blocks, in code spans, and in tables whose head names one with `...`."""
    lines = text.splitlines()
    fenced, prefix, start, pending = False, "", 0, ""
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fenced = not fenced
            continue
        if head := OVERRIDES.match(line):
            prefix = head[1]
        elif not line.startswith("|"):
            prefix = ""
        block = fenced or line.startswith("    ")
        if block:
            start, pending = (start, pending + line.strip()) if pending else (number, line.strip())
            if pending.endswith("\\"):
                pending = pending[:-1]
                continue
            if START.match(pending):
                yield Command(page, start, pending)
            pending = ""
        elif prefix and not head and not line.startswith("|---"):
            cell = line.split("|")[1]
            yield Command(page, number, f"{prefix} {' '.join(re.findall('`([^`:]+)`', cell))}")
        else:
            spans = re.findall(r"(?<!`)`([^`]+)`(?!`)", line)
            whole = [s for s in spans if START.match(s) and not s.endswith(".sh") and "|" not in s]
            yield from (Command(page, number, span) for span in whole if "..." not in span)


OWN = re.compile(r"\bfirst\.(py\b|\w)")  # names a file of the page, which its own test runs
ALL = [
    command
    for page in PAGES
    for command in commands(page, page.read_text())
    if not OWN.search(command.text)
]


class Parsed(BaseException):
    """Ends a script once its options are parsed."""


@pytest.fixture
def parse_options(monkeypatch) -> Callable[[str, list[str]], list[str]]:
    """parse_options(script, arguments): run it up to its parsed options; what is no option."""
    depth = 0

    def stopped(original: Callable) -> Callable:
        def parse(self, arguments=None, namespace=None):
            nonlocal depth
            depth += 1
            try:
                parsed = original(self, arguments, namespace)
            finally:
                depth -= 1
            if depth == 0:
                raise Parsed(parsed[1] if isinstance(parsed, tuple) else [])
            return parsed

        return parse

    def call(name: str, arguments: list[str]) -> list[str]:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        for method in ("parse_args", "parse_known_args"):
            original = getattr(argparse.ArgumentParser, method)
            monkeypatch.setattr(argparse.ArgumentParser, method, stopped(original))
        with pytest.raises(Parsed) as stop:
            runpy.run_path(str(ROOT / "launch" / f"{name}.py"), run_name="__main__")
        monkeypatch.undo()
        return stop.value.args[0]

    return call


def cells(overrides: list[str], sweep: bool) -> list[list[str]]:
    """The override lists of a run's jobs: enough of a sweep to have each value of each list."""
    if not sweep:
        return [overrides]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(overrides)
        lists = [
            [f"{one.get_key_element()}={value}" for value in one.sweep_string_iterator()]
            if one.is_sweep_override()
            else [one.input_line]
            for one in parsed
        ]
    return [[v[i % len(v)] for v in lists] for i in range(max(map(len, lists)))]


def check_train(arguments: list[str], configure: Callable, ranks: int | None = None) -> None:
    options = hydra_parser().parse_args(arguments)
    for overrides in cells(options.overrides, options.multirun):
        recipe(configure(*overrides), ranks)


def check_certify(arguments: list[str], parse_options: Callable) -> None:
    overrides = parse_options("certify", arguments)
    assert not [word for word in overrides if word.startswith("-")]
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        instantiate(compose("certify", overrides).assignment)


def check_torchrun(arguments: list[str], configure: Callable) -> None:
    options = torchrun_parser().parse_args(arguments)
    if options.training_script.startswith("docs/examples/"):
        assert (ROOT / options.training_script).is_file()
        steps, *config = options.training_script_args
        configure(*words(config, batch=40, steps=int(steps), own_optimizer=True))
        return
    assert options.training_script == "launch/train.py"
    world = int(options.nnodes.split(":")[-1]) * int(options.nproc_per_node)
    check_train(options.training_script_args, configure, world - 1)


def check_install(arguments: list[str]) -> None:
    """`pip install` of this project, with extras that it has."""
    (target,) = [word for word in arguments if word not in ("install", "-e")]
    folder, _, extra = target.rstrip("]").partition("[")
    assert folder == "."
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not extra or extra in project["optional-dependencies"]


def check(text: str, configure: Callable, parse_options: Callable, data: Path) -> None:
    """AssertionError, SystemExit, ValueError or Hydra's own error if the command would not run."""
    for word, value in {"HOST": "localhost", "DIR": str(data), "FOLDER": str(data)}.items():
        text = re.sub(rf"\b{word}\b", value, text)
    text = text.replace("cluster.keys=keys", f"cluster.keys={data / 'keys'}")
    assert not PLACEHOLDER.findall(text), "say what the word in capitals stands for"
    program, *rest = shlex.split(text, comments=True)
    program = program.removeprefix(".venv/bin/")
    if program == "-m" or program.startswith("experiment="):
        return check_train([program, *rest], configure)
    if program == "torchrun":
        return check_torchrun(rest, configure)
    if program == "pip" or rest[:2] == ["-m", "pip"]:
        return check_install(rest[2:] if program == "python" else rest)
    script, *arguments = rest
    if program == "robusttrain":
        script = f"launch/{script}.py"
    assert (ROOT / script).is_file(), f"there is no {script}"
    if script in ("launch/train.py", "launch/local.sh"):
        return check_train(arguments, configure)
    if script in (".ci/run", "launch/test.sh"):
        return None
    name = Path(script).stem
    assert name in SCRIPTS, f"no rule for {script}"
    if name == "certify":
        return check_certify(arguments, parse_options)
    assert parse_options(name, arguments) == []
    return None


@pytest.fixture
def data(tmp_path) -> Path:
    """A folder that looks as if it held CIFAR-10, and that has keys of three ranks."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("test_batch", *(f"data_batch_{i}" for i in range(1, 6))):
        (folder / name).touch()
    make(tmp_path / "keys", 3)
    return tmp_path


@pytest.mark.parametrize("command", ALL, ids=str)
def test_the_command_would_run(command, configure, parse_options, data):
    check(command.text, configure, parse_options, data)


def test_commands_are_found_where_they_stand():
    text = (
        "Run `robusttrain train seed=1`, `bash launch/local.sh` is a name.\n\n"
        "    .venv/bin/python launch/train.py \\\n        seed=2\n\n"
        "| `bash launch/local.sh ...` | x |\n|---|---|\n| (as it is: `a`) | 1 |\n| `seed=3` | 2 |\n"
    )
    assert [(c.line, c.text) for c in commands(ROOT / "page.md", text)] == [
        (1, "robusttrain train seed=1"),
        (3, ".venv/bin/python launch/train.py seed=2"),
        (8, "bash launch/local.sh a"),
        (9, "bash launch/local.sh seed=3"),
    ]
    assert {command.page.name for command in ALL} >= {"README.md", "results.md", "running.md"}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (".venv/bin/python launch/train.py detector=psychic", "detector/psychic"),
        ("bash launch/local.sh batch=1000", "batch=1000 must be a multiple"),
        ("robusttrain train seed=0,1", "sweep over it, add --multirun"),
        ("robusttrain train -m aggregator=median,medain", "aggregator/medain"),
        ("robusttrain train -m seed=0,1 batch=7,1365", "batch=7 must be a multiple"),
        ("experiment=digits_aspis threat.byzantine=16", "threat.byzantine=16 must be at most"),
        ("robusttrain drain", "there is no launch/drain.py"),
        (".venv/bin/python launch/trian.py", "there is no launch/trian.py"),
        (".venv/bin/torchrun --nproc-per-nod 4 --nope launch/train.py", "unrecognized arguments"),
        (".venv/bin/torchrun --nproc-per-node 99 launch/train.py", "worker ranks=98 must be"),
        (".venv/bin/python launch/certify.py assignment=subsets", "assignment/subsets"),
        (".venv/bin/python launch/certify.py --copmare", "unknown option --copmare|AssertionError"),
        (".venv/bin/python launch/bench.py detectoin", "invalid choice: 'detectoin'"),
        (".venv/bin/python launch/report.py FOLDER --makrdown", "unrecognized arguments"),
        (".venv/bin/python launch/train.py run.root=WHERE", "what the word in capitals"),
        ("pip install .[benhc]", "benhc"),
    ],
)
def test_a_wrong_command_is_refused(wrong, reason, configure, parse_options, data, capsys):
    with pytest.raises((Exception, SystemExit)) as error:
        check(wrong, configure, parse_options, data)
    said = f"{type(error.value).__name__} {error.value} {capsys.readouterr().err}"
    assert re.search(reason, said), said
