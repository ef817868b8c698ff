"""Makes the server, a worker rank, and the settings of their connection from a checked recipe."""

import secrets
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from robusttrain.comm.apart import Apart
from robusttrain.comm.failure import FAILURE_BYTES
from robusttrain.comm.hello import HELLO_BYTES
from robusttrain.comm.rendezvous import Wire
from robusttrain.config.cluster import Cluster
from robusttrain.config.instantiate import make
from robusttrain.config.recipe import Recipe
from robusttrain.membership.attendance import Attendance
from robusttrain.membership.defenses import Defenses
from robusttrain.membership.eviction import Membership
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.draws import SIZE
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.root import Root
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.fingerprinting import FACTS
from robusttrain.run.sides import exchange, fingerprinting
from robusttrain.topology.parameter_server import Server
from robusttrain.training.evaluate import evaluate
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.update.checks import check_dense, check_length, check_step
from robusttrain.training.update.synchronous import Synchronous

SECRET_BITS = 128


def wire(recipe: Recipe, device: torch.device) -> Wire:
    """The connection of server and worker ranks; its limits are the longest messages, in bytes."""
    tasks, replication = recipe.planner.start.teams.shape
    if recipe.config["defense"]["evict"]:
        tasks = recipe.batch  # a scheme for fewer workers may have more tasks
    blocks = recipe.layout.blocks
    copies = tasks * replication + recipe.workers * recipe.planner.shadows
    digests = (copies + tasks * len(blocks)) * recipe.agreement.width
    rows = Parcels(blocks, tasks).bytes(0)
    if recipe.agreement.probes:
        rows = 4 * max(hi - lo for lo, hi in recipe.layout.parcels.values())
        claims = recipe.workers * recipe.config["probe"]["checkers"]
        digests = claims * fingerprinting(recipe).width + FACTS.size
    return Wire(
        recipe.runtime.backend,
        device,
        recipe.runtime.start,
        recipe.runtime.deadline,
        recipe.runtime.patience,
        limit_up=max(rows, digests, HELLO_BYTES, FAILURE_BYTES),
        apart=None if recipe.cluster.role is None else apart(recipe.cluster),
        limit_down=max(4 * recipe.layout.size, 16 * tasks, 8 * (recipe.workers + 2) + SIZE),
    )


def apart(cluster: Cluster) -> Apart:
    """How this process finds the others, which are launched apart."""
    return Apart(cluster.address, cluster.folder, cluster.start_with)


def recompute(recipe: Recipe, device: torch.device) -> Recompute:
    """What computes true gradients, with the training data on `device`.

    Raises ValueError if fewer samples can be read than the data set says it has.
    """
    train, _ = recipe.data.load()
    if len(train) != recipe.data.train_size:
        raise ValueError(
            f"data: {len(train)} training samples were read where {recipe.data.train_size} "
            "should be; the files are incomplete; set data.root to a whole copy"
        )
    model, data = recipe.model.to(device), train.to(device)
    gradients = Gradients(recipe.objective, model, recipe.layout, data, recipe.augment)
    return Recompute(gradients, recipe.layout, recipe.agreement)


def worker(recipe: Recipe, rank: int, ranks: int, device: torch.device) -> Worker:
    """Worker rank `rank` of 1..ranks, with its data on `device`."""
    computes = recompute(recipe, device)
    ahead = computes.gradients.data.reads_ahead
    return Worker(recipe.hosting(ranks)[rank], computes, recipe.threat, reads_ahead=ahead)


def server(
    recipe: Recipe, ranks: int, device: torch.device,
    updating: Callable[[Tensor], Synchronous] | None = None,
) -> Server:  # fmt: skip
    """Rank 0, with freshly initialised parameters on `device`.

    Its secret is `defense.secret`, or drawn from the operating system at each call where that is
    null; the recipe, which every rank has, does not get it.

    updating: flat parameters [D] -> their update; None: as the configuration says.

    Raises ValueError if the optimizer or its schedule cannot be made.
    """
    parameters = initial(recipe, device)
    defenses = Defenses(recipe.defend, recipe.defense, recipe.planner)
    evict, secret = (recipe.config["defense"][key] for key in ("evict", "secret"))
    clean_steps = recipe.config["probation"]["clean_steps"]
    evict = evict or recipe.agreement.probes
    auditor = Auditor(recipe.config["audit"]["rank"], cache(lambda: recompute(recipe, device)))
    return Server(
        steps=recipe.steps,
        secret=secrets.randbits(SECRET_BITS) if secret is None else secret,
        plan=recipe.planner,
        hosting=recipe.hosting(ranks),
        parameters=parameters,
        layout=recipe.layout,
        exchange=exchange(recipe, ranks, auditor, parameters),
        defend=defenses,
        membership=Membership(recipe.workers, evict, clean_steps, defenses.feasible),
        attendance=Attendance(recipe.hosting(ranks), recipe.config["membership"]["suspend_after"]),
        auditor=auditor,
        update=update(recipe, parameters) if updating is None else updating(parameters),
        root=Root(recipe.planner.root, recipe.seed),
    )


def initial(recipe: Recipe, device: torch.device) -> Tensor:
    """[D]: the parameters at the start."""
    named = {n: p.detach() for n, p in recipe.model.named_parameters()}
    return recipe.layout.pack(named, torch.empty(recipe.layout.size)).to(device)


def update(recipe: Recipe, parameters: Tensor) -> Synchronous:
    """The optimizer and its schedule over flat `parameters` [D], which they change in place.

    Each parameter of the model is a view of its own, so that optimizers see its shape. Raises
    ValueError if one of them cannot be made, or cannot take the steps of this run.
    """
    config = recipe.config

    def views(flat: Tensor) -> list[Tensor]:
        return list(recipe.layout.unflatten(flat).values())

    own = views(parameters)
    for key in ("optimizer", "schedule"):
        check_step(key, config[key].get("_target_"))
    check_dense(config["optimizer"], lambda params: make(config, "optimizer", params=params))
    optimizer = make(config, "optimizer", params=own)
    schedule = make(config, "schedule", optimizer=optimizer)
    check_length(schedule, recipe.steps)
    return Synchronous(own, views, optimizer, schedule)


def evaluator(recipe: Recipe, parameters: Tensor) -> Callable[[], dict[str, float]]:
    """Measures the current `parameters` [D] on the test set, on their device."""
    device = parameters.device
    _, test = recipe.data.load()
    if test is None:
        return dict
    model, held_out = recipe.model.to(device), test.to(device)
    return lambda: evaluate(recipe.objective, model, recipe.layout.unflatten(parameters), held_out)
