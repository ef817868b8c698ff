"""Bad input, by the table: an exit code, one line that names the key, soon, and nothing written."""

import re
import sys

import pytest
from support import PATIENCE, ROOT, call

LIMIT = 5.0 * PATIENCE  # seconds of CPU that a refusal may take

# Arguments of launch/train.py, separated by |, and words that its line must have.
TRAIN = [
    # Whole numbers.
    ("workers=true", "workers=true must be a whole number; use 15"),
    ("workers=15.5", "workers=15.5 must be a whole number; use 15"),
    ("workers=ten", "workers=ten must be a whole number; use 15"),
    ("workers=null", "workers=null must be a whole number; use 15"),
    ("workers=[15]", "workers=[15] must be a whole number"),
    ("workers=0", "workers=0 must be a whole number >= 1; use 15"),
    ("workers=10000000", "workers=10000000 must be at most"),
    ("workers=99999999999999999999", "workers=99999999999999999999 must be a whole number of 64"),
    ("batch=1e3", "batch=1000.0 must be a whole number"),
    ("steps=", "steps= must be a whole number; use 100"),
    ("steps=inf", "steps=inf must be a whole number"),
    ("seed=-1", "seed=-1 must be a whole number >= 0"),
    ("evaluate_every=1.5", "evaluate_every=1.5 must be a whole number; use 10"),
    ("threat.byzantine=x", "threat.byzantine=x must be a whole number"),
    ("runtime.ranks=x", "runtime.ranks=x must be a whole number; use 3"),
    ("runtime.threads=0", "runtime.threads=0 must be a whole number >= 1"),
    ("runtime.threads=1000000", "runtime.threads=1000000 must be at most"),
    ("runtime.block=1e5", "runtime.block=100000.0 must be a whole number"),
    ("runtime.port=-1", "runtime.port=-1 must be a whole number >= 0; use 0"),
    ("runtime.port=65536", "runtime.port=65536 must be in 0..65535; use 0"),
    ("defense.secret=1.5", "defense.secret=1.5 must be a whole number or null; use null"),
    ("audit.budget=x", "audit.budget=x must be a whole number or null; use null"),
    ("probation.clean_steps=true", "probation.clean_steps=true must be a whole number or null"),
    ("aggregator=krum|aggregator.f=1.5", "aggregator.f=1.5 must be a whole number or null"),
    ("aggregator=krum|aggregator.f=true", "aggregator.f=true must be a whole number or null"),
    ("aggregator=krum|aggregator.f={a:1}", "aggregator.f={a: 1} must be a whole number or null"),
    ("assignment.replication=2.5", "assignment.replication=2.5 must be a whole number; use 3"),
    ("assignment.replication=1", "assignment.replication=1 must be a whole number >= 2; use 3"),
    ("assignment=ramanujan|assignment.load=2.5", "assignment.load=2.5 must be a whole number"),
    ("model.hidden=1.5", "model.hidden=1.5 must be a whole number; use 32"),
    ("placement=window|placement.length=x", "placement.length=x must be a whole number; use 50"),
    ("schedule=step|schedule.step_size=x", "schedule.step_size=x must be a whole number; use 200"),
    ("augment=crop_flip|augment.padding=x", "augment.padding=x must be a whole number; use 4"),
    # Numbers.
    ("optimizer.lr=x", "optimizer.lr=x must be a number; use 0.001"),
    ("optimizer.lr=nan", "optimizer.lr=nan must be a number"),
    ("optimizer.lr=inf", "optimizer.lr=inf must be a finite number"),
    ("optimizer.lr=true", "optimizer.lr=true must be a number"),
    ("optimizer.lr=null", "optimizer.lr=null must be a number"),
    ("optimizer.lr=-1", "optimizer.lr=-1 is refused by torch.optim.Adam: Invalid learning rate"),
    ("optimizer=sgd|optimizer.momentum=-1", "optimizer.momentum=-1 is refused by torch.optim.SGD"),
    ("+optimizer.betas=3", "optimizer.betas=3 must be a list of 2 numbers; use [0.9, 0.999]"),
    ("+optimizer.betas=[2,3]", "optimizer.betas=[2, 3] is refused by torch.optim.Adam"),
    ("schedule.T_max=x", "schedule.T_max=x must be a whole number; use ${steps}"),
    ("schedule.T_max=0", "schedule.T_max=0 is refused by torch.optim.lr_scheduler.CosineAnnealing"),
    ("schedule=step|schedule.step_size=0", "schedule.step_size=0"),
    ("schedule=step|schedule.gamma=nan", "schedule.gamma=nan must be a number; use 0.7"),
    ("schedule=step|schedule.step_size=1|schedule.gamma=1e300", "rate is inf after step 2"),
    ("schedule=constant|schedule.factor=2", "schedule.factor=2 is refused by torch.optim"),
    ("runtime.deadline=true", "runtime.deadline=true must be a number; use 120"),
    ("runtime.deadline=nan", "runtime.deadline=nan must be a number"),
    ("runtime.deadline=inf", "runtime.deadline=inf must be a finite number"),
    ("runtime.start=0", "runtime.start=0 must be > 0 and < 1e6 seconds; use 60"),
    ("preaggregator=[clipping]|preaggregator.clipping.radius=x",
     "preaggregator.clipping.radius=x must be a number; use 2.0"),
    ("preaggregator=[clipping]|preaggregator.clipping.radius=-1",
     "preaggregator.clipping.radius=-1 must be > 0; use 2"),
    ("aggregator=centered_clipping|aggregator.radius=x", "aggregator.radius=x must be a number"),
    ("aggregator=auto_gm|aggregator.lamb=-1", "aggregator.lamb=-1: auto_gm needs lamb > 0"),
    ("attack=constant|attack.value=inf", "attack.value=inf must be a finite number"),
    ("attack=reversed|attack.scale=0", "attack.scale=0 must be > 0; use 100"),
    ("attack=alie|attack.z=x", "attack.z=x must be a number or null; use null"),
    # Lists, texts, switches, sections.
    ("model.channels=[]", "model.channels=[] must be a list of 2 whole numbers; use [8, 16]"),
    ("model.channels=8", "model.channels=8 must be a list of 2 whole numbers"),
    ("model.channels=[8,x]", "model.channels=[8, x] must be a list of 2 whole numbers"),
    ("model.channels=[5,16]", "model.channels=[5, 16]"),
    ("data=synthetic|data.image=[3,32]", "data.image=[3, 32] must be a list of 3 whole numbers"),
    ("placement.workers=x", "placement.workers=x must be a list of whole numbers or null"),
    ("placement.workers=3", "placement.workers=3 must be a list of whole numbers or null"),
    ("placement.workers=[1.5,2,3]", "placement.workers=[1.5, 2, 3] must be a list of whole"),
    ("placement.workers=[1,1,2]", "placement.workers=[1, 1, 2] must be threat.byzantine=3"),
    ("assignment=design|assignment.blocks=[[0,1],[x]]", "must be a list of lists of whole numbers"),
    ("aggregator=mix_tailor|aggregator.rules=[krum]", "aggregator.rules=[krum] must be a list of"),
    ("aggregator=foreign|aggregator.rule=5", "aggregator.rule=5 must be a callable"),
    ("permute=1", "permute=1 must be true or false; use false"),
    ("defense.mean_when_certain=maybe", "=maybe must be true or false or auto; use auto"),
    ("defense.evict=null", "defense.evict=null must be true or false"),
    ("wandb.enabled=x", "wandb.enabled=x must be true or false"),
    ("detector=cover|detector.ledger=1", "detector.ledger=1 must be true or false"),
    ("run.name=1", "run.name=1 must be text or null; use null, or \"run.name='1'\""),
    ("run.name=a/b", "run.name=a/b must be the name of a single folder"),
    ("run.name=..", "run.name=.. must be the name of a single folder"),
    ("run.root=null", "run.root=null must be text; use runs"),
    ("run.root=", "run.root= must not be empty; use runs"),
    ("run.root=/dev/null/x", "run.root: /dev/null/x cannot be written"),
    ("run.label=[]", "run.label=[] must be text; use run"),
    ("threat.knowledge=all", "threat.knowledge=all must be one of own, colluders, omniscient"),
    ("runtime.backend=mpi", "runtime.backend=mpi must be tls, gloo or nccl"),
    ("runtime.device=frob", "runtime.device=frob is not a device; use auto, cpu or cuda"),
    ("defense=1", "defense=1 has keys of its own; use them: defense.byzantine=3"),
    ("threat=null", "threat=null has keys of its own; use them: threat.byzantine=3"),
    ("threat=[]", "threat=[]"),
    # Faults.
    ("fault=3", "fault=3 must be a list; use []"),
    ("fault={worker: 1}", "fault={worker: 1} must be a list; use fault=[{worker: 1}]"),
    ("fault=[{worker: 1, step: 0, phase: sum, do: exit}]", "fault[0].phase=sum is no phase with"),
    ("fault=[{worker: 15, step: 0, phase: rows, do: exit}]", "fault[0].worker=15 must be in 0..14"),
    (
        "runtime.backend=gloo|fault=[{worker: 1, step: 0, phase: rows, do: oversize}]",
        "Gloo ends the server's process",
    ),
    ("chaos.rate=2", "chaos.rate=2 must be in 0..1, a probability; use 0.1"),
    ("chaos.kinds=slow", "chaos.kinds=slow must be a list of texts or null; use null"),
    ("attack=silent", "attack=silent is now a fault: leave it out, and use 'fault=[{worker: 0,"),
    # Names of choices.
    ("attack=nan", "attack=nan does not exist; did you mean nans? choose from alie, constant"),
    ("attack=null", "attack=null does not exist; choose from alie"),
    ("attack=", "attack= does not exist; choose from alie"),
    ("attack=true", "attack=true does not exist; choose from alie"),
    ("attack=[]", "attack=[] does not exist; choose from alie"),
    ("detector=null", "detector=null does not exist; use detector=none; choose from audit"),
    ("detector=psychic", "detector=psychic does not exist; choose from audit, clique"),
    ("detector=audit|detector@detector.inner=psychic", "detector@detector.inner=psychic does not"),
    ("aggregator=1", "aggregator=1 does not exist; choose from auto_gm"),
    ("aggregator=[krum,median]", "aggregator=[krum, median] does not exist"),
    ("preaggregator=null", "preaggregator=null does not exist; use preaggregator=[] for none"),
    ("preaggregator=[1]", "preaggregator=[1] does not exist; choose from arc"),
    ("optimizer=sgdd", "optimizer=sgdd does not exist; did you mean sgd? choose from adam"),
    ("model=null", "model=null does not exist; choose from gpt, resnet18"),
    ("experiment=none", "experiment=none does not exist; use ~experiment for none"),
    ("hydra/launcher=x", "hydra/launcher=x does not exist; choose from basic"),
    ("~attack", "attack=null must be one of alie"),
    ("target=hidden", "target=hidden is now target=undetected"),
    # Keys.
    ("foo=3", "foo is no key of the configuration; leave it out"),
    ("agregator=krum", "agregator is no key of the configuration; did you mean aggregator?"),
    ("+defense.byzantin=3", "defense.byzantin is no key of the configuration; did you mean"),
    ("aggregator.f=1", "aggregator.f: median has no f; it has no parameters"),
    ("aggregator=krum|+aggregator.ff=1",
     "aggregator.ff: krum has no ff; its parameters: f; did you mean aggregator.f?"),
    ("optimizer.momentum=2", "optimizer.momentum: torch.optim.Adam has no momentum; its"),
    ("optimizer.weight_decay=1", "not set for torch.optim.Adam yet; add it with +optimizer.weight"),
    ("preaggregator.clipping.radius=3", "clipping is not chosen; add preaggregator=[clipping]"),
    ("aggregator=foreign|+aggregator.rule.f=3", "aggregator.rule.f: median has no f"),
    ("~steps", "schedule.T_max: Interpolation key 'steps' not found"),
    ("~evaluate_every", "evaluate_every is missing; use evaluate_every=10"),
    ("~foo", "~foo: there is no foo to leave out"),
    ("+steps=5", "+steps=5: steps is there already; write steps=5"),
    ("+attack=alie", "+attack=alie: attack is there already; write attack=alie"),
    ("pre=[]", "pre=[] is now preaggregator=[]"),
    ("optimizer._target_=torch.optim.LBFGS", "refused by torch.optim.LBFGS"),
    ("model._target_=nowhere.Net", "model._target_=nowhere.Net: there is no module nowhere"),
    ("model._target_=torch.nn.Linear", "torch.nn.Linear needs the arguments in_features, out_feat"),
    ("aggregator=foreign|aggregator.rule._target_=nowhere.X", "aggregator: "),
    # Words that are no overrides.
    ("steps", "steps has no value; write steps=VALUE"),
    ("=5", "=5 has no key; write key=value"),
    ("steps = 5", "steps = 5 cannot be read"),
    ("steps=[", "steps=[ cannot be read"),
    ("run.name=it's", "run.name=it's cannot be read"),
    ("seed=${nothing}", "seed: Interpolation key 'nothing' not found"),
    ("seed=${oc.env:NO_SUCH_VARIABLE}", "seed: "),
    ("steps=5,6", "steps=5,6 gives several values, a sweep; add -m to run each"),
    ("--frob", "unrecognized arguments: --frob"),
    ("--config-dir|nowhere", "--config-dir nowhere is no folder"),
    ("--config-name|nowhere", "nowhere"),
    # What does not fit together.
    ("batch=1366", "batch=1366 must be a multiple of the number of tasks, 455, and at most the"),
    ("batch=1820", "batch=1820 must be a multiple of the number of tasks, 455, and at most the"),
    ("batch=1", "batch=1 must be a multiple of the number of tasks, 455"),
    ("batch=0", "batch=0 must be a whole number >= 1"),
    ("workers=30", "1437 training samples, the scheme 4060 tasks"),
    ("workers=1000", "C(1000,3)=166167000 tasks are more than 1000000; use workers=21"),
    ("assignment=mols|workers=2991", "1437 training samples, the scheme 994009 tasks"),
    ("assignment=mols|workers=14", "workers=14"),
    ("assignment=single|workers=1000000", "1437 training samples, the scheme 1000000 tasks"),
    ("defense.byzantine=8", "defense.byzantine=8 must be less than half of workers=15"),
    ("threat.byzantine=16", "threat.byzantine=16 must be at most workers=15"),
    ("runtime.ranks=16", "runtime.ranks=16 must be between 1 and workers=15"),
    ("audit.rank=4", "audit.rank=4 must be one of the 3 worker ranks"),
    ("probation.clean_steps=3", "probation.clean_steps=3 readmits workers"),
    ("agreement=none", "agreement=none compares nothing"),
    ("aggregator=krum|aggregator.f=22", "krum needs n >= 2f+3"),
    (
        "preaggregator=[bucketing]|preaggregator.bucketing.size=3",
        "preaggregator.bucketing takes one of buckets and size",
    ),
    (
        "preaggregator.by_source.buckets=0",
        "by_source.buckets=0 must be a whole number >= 1; use 1",
    ),
    (
        "preaggregator.by_source.buckets=32",
        "by_source.buckets=32 must be at most 31, the tasks that are pulled from one worker; use 1",
    ),
    (
        "preaggregator=[bucketing,by_source]",
        "bucketing before it mixes vectors of several; name by_source first",
    ),
    ("data=cifar10|data.root=nowhere", "data.root=nowhere does not hold CIFAR-10"),
    # Sweeps that are refused as a whole.
    ("-m|steps=x", "steps=x must be a whole number"),
    ("-m|steps=x,0", "steps=x must be a whole number; use 100; all 2 points of the sweep"),
    ("-m|attack=alie,nan", "attack=nan does not exist"),
    ("-m|run.root=/dev/null/x|seed=1,2", "run.root: /dev/null/x cannot be written"),
]  # fmt: skip

PROBE = "agreement=probe|assignment=single|detector=none|preaggregator=[]|target=all|"
TRAIN += [
    (PROBE + words, said)
    for words, said in [
        ("probe.share=1.1", "probe.share=1.1 must be above 0 and at most 1; use 1 to probe every"),
        ("probe.checkers=15", "probe.checkers=15 must be below workers=15; use at most 14"),
        ("probe.alert=-1", "probe.alert=-1 must be a whole number >= 0"),
        ("probe.journal=/nowhere/x", "probe.journal=/nowhere/x cannot be written; set it to a"),
        ("defense.byzantine=8", "defense.byzantine=8 must be less than half of workers=15"),
        ("assignment=subset", "every task once, but assignment=subset has 3 copies; use assignme"),
        ("aggregator=fl_trust", "got defense.root_samples=0; set defense.root_samples=100"),
    ]
]

# The same for the other scripts.
OTHERS = [
    ("certify.py|foo=1", "foo is no key of the configuration"),
    ("certify.py|+attack=zero", "attack"),
    ("certify.py|workers=1.5", "workers=1.5 must be a whole number; use 15"),
    ("certify.py|workers=3,4", "workers=3,4 gives several values"),
    ("certify.py|assignment=psychic", "assignment=psychic does not exist"),
    ("certify.py|+assignment.ff=2", "assignment.ff: subset has no ff; its parameters: replication"),
    ("certify.py|--limt|5", "unknown option --limt"),
    ("certify.py|--limit|0", "--limit 0 must be > 0"),
    ("harm.py|--rules|krum:f=x", "aggregator.f=x must be a whole number or null"),
    ("harm.py|--n|x", "argument --n: invalid int value: 'x'"),
    ("bench.py|aggregators|--rules|x", "there is no rule x"),
    ("bench.py|frob", "invalid choice: 'frob'"),
    ("report.py|nowhere", "nowhere"),
    ("catalogue.py|--frob", "--frob"),
]


def check_refusal(ended, words: str) -> None:
    """One line on stderr that starts with error: and has `words`; soon, and nothing written."""
    assert ended.code in (1, 2), ended
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith("error: "), line
    assert words in line, line
    assert ended.seconds < LIMIT
    assert ended.left == []


@pytest.mark.parametrize(("arguments", "words"), TRAIN)
def test_a_run_is_refused_in_one_line(warm, arguments, words):
    check_refusal(warm("train.py", *arguments.split("|")), words)


@pytest.mark.parametrize(("arguments", "words"), OTHERS)
def test_other_scripts_refuse_in_one_line(warm, arguments, words):
    check_refusal(warm(*arguments.split("|")), words)


def test_good_input_would_start(warm):
    assert warm("train.py").started
    assert warm("train.py", "experiment=digits_audit", "optimizer=sgd", "optimizer.lr=1").started


def remedied(line: str, arguments: list[str]) -> list[str] | None:
    """The arguments as the line advises; None where it gives no value to use."""
    if match := re.search(r"; use ([\w.]+=\S+?)(?:,| or |;|$)", line):
        words = [match[1]]
    elif match := re.match(r"error: ([\w.]+)=.*; use (at most )?(\[.*?\]|[^\s,;]+)", line):
        words = [f"{match[1]}={match[3]}"]
    else:
        return None
    key = words[0].partition("=")[0]
    return [word for word in arguments if word.lstrip("+~").partition("=")[0] != key] + words


ADVISED = [
    "workers=0", "workers=10000000", "workers=1000", "batch=1366", "batch=1820", "batch=1",
    "batch=0", "batch=1e3", "steps=x", "optimizer.lr=-1", "optimizer.lr=nan", "model.channels=[]",
    "assignment.replication=1", "assignment.replication=2.5", "assignment.replication=20",
    "assignment=mols|workers=14", "assignment=ramanujan|workers=22|defense.byzantine=2",
    "defense.byzantine=8", "placement.workers=3", "schedule.T_max=0", "runtime.port=-1",
    "detector=null", "preaggregator=null", "preaggregator.by_source.buckets=null",
    "chaos.rate=2",
    "aggregator=krum|aggregator.f=1.5", "+optimizer.betas=[2,3]", "evaluate_every=0", "seed=-1",
]  # fmt: skip


@pytest.mark.parametrize("arguments", ADVISED)
def test_remedies_are_possible_values(warm, arguments):
    """To do as the lines say ends in a run, or in a line that advises no value."""
    words = arguments.split("|")
    for _ in range(4):
        ended = warm("train.py", *words)
        if ended.started:
            return
        again = remedied(ended.err.strip(), words)
        if again is None:
            return
        words = again
    pytest.fail(f"{arguments} -> {words}: {ended.err}")


@pytest.mark.ranks
def test_a_real_process_refuses_in_one_line(tmp_path):
    done = call([sys.executable, "-m", "robusttrain.cli", "train", "optimizer.lr=x"], tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: optimizer.lr=x must be a number; use 0.001\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.ranks
@pytest.mark.parametrize("word", ["optimizer.lr=x", "attack=nan"])
def test_under_torchrun_one_rank_says_it(warm, tmp_path, word):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = warm.call([*command, str(ROOT / "launch" / "train.py"), word], tmp_path)
    assert done.returncode == 1
    assert sum(line.startswith("error: ") for line in done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
