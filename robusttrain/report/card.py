"""The lines with which a run opens: who takes part, what is guaranteed, what to expect."""

from robusttrain.certificate.probes import probe_lines
from robusttrain.config.certain import certain_lines
from robusttrain.config.probe import probes_of
from robusttrain.config.recipe import Recipe
from robusttrain.names import counted, name_of
from robusttrain.protocol.calibration import Calibration
from robusttrain.report.certificates import certificate_lines


def card(recipe: Recipe, ranks: int, device: str, calibration: Calibration | None = None) -> str:
    """Who, what and what to expect, in a few lines.

    recipe: the checked run.
    ranks: worker ranks.
    device: the server's, as it is shown.
    calibration: of product claims; None: there are none.
    """
    exposure, defense, threat = recipe.exposure, recipe.defense, recipe.threat
    rule = defense.pipeline.rule.name
    certificate = recipe.planner.start.certificate
    lines = [
        f"{counted(recipe.workers, 'worker')} on {counted(ranks, 'rank')}, server on {device}",
        f"model of {counted(recipe.layout.size, 'parameter')}",
        f"assumed liars: {defense.byzantine}; in truth: {threat.byzantine} "
        f"({name_of(threat.attack)}, {name_of(threat.target)})",
    ]
    if threat.faults:
        lines.append(f"faults: {threat.faults}")
    if recipe.agreement.probes:
        tolerance = None if calibration is None else calibration.tolerance
        lines += probe_lines(probes_of(recipe.config, tolerance), tolerance=tolerance)
        lines += certain_lines(recipe.config, recipe.agreement)
    else:
        lines += certificate_lines(certificate, recipe.config["audit"]["random"])
    what = "sum" if recipe.agreement.probes else "task"
    lines.append(
        f"here: {exposure.forged.ceiling} of {counted(exposure.tasks, what)} are forged at "
        f"worst, {exposure.bad} of the {counted(exposure.rows, 'vector')} for {rule}"
    )
    if recipe.config["defense"]["secret"] is not None:
        lines.append(
            "the draws are public: defense.secret is in the configuration, so every worker can "
            "predict audits, probes and random rules; null draws a secret"
        )
    tolerated = defense.pipeline.rule.tolerates(exposure.rows)
    if exposure.bad > tolerated:
        lines.append(
            f"WARNING: {rule} is bounded for at most {counted(tolerated, 'bad vector')} of "
            f"{exposure.rows}; the worst attack that you assume can break this run"
        )
    if exposure.outvoted:
        lines.append(
            "BEST EFFORT: the assumed liars can forge half of the tasks; neither the direction of "
            "a step nor who is convicted by majority is guaranteed"
        )
    return "\n".join(lines)
