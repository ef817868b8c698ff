"""The lines with which a run opens: who takes part, what is guaranteed, what to expect."""

from robusttrain.config.recipe import Recipe
from robusttrain.report.certificates import certificate_lines


def card(recipe: Recipe, ranks: int, device: str) -> str:
    """Who, what and what to expect, in a few lines.

    recipe: the checked run.
    ranks: worker ranks.
    device: the server's, as it is shown.
    """
    exposure, defense, threat = recipe.exposure, recipe.defense, recipe.threat
    rule = type(defense.pipeline.rule).__name__
    certificate = recipe.planner.start.certificate
    lines = [
        f"{recipe.workers} workers on {ranks} ranks, server on {device}",
        f"model of {recipe.layout.size} parameters",
        f"assumed liars: {defense.byzantine}; in truth: {threat.byzantine} "
        f"({type(threat.attack).__name__}, {type(threat.target).__name__})",
        *certificate_lines(certificate, recipe.config["audit"]["random"]),
        f"here: {exposure.forged.ceiling} of {exposure.tasks} tasks are forged at worst, "
        f"{exposure.bad} of the {exposure.rows} vectors for {rule}",
    ]
    tolerated = defense.pipeline.rule.tolerates(exposure.rows)
    if exposure.bad > tolerated:
        lines.append(
            f"WARNING: {rule} is bounded for at most {tolerated} bad vectors of {exposure.rows}; "
            "the worst attack that you assume can break this run"
        )
    if 2 * exposure.forged.count >= exposure.tasks:
        lines.append(
            "BEST EFFORT: the assumed liars can forge half of the tasks; neither the direction of "
            "a step nor who is convicted by majority is guaranteed"
        )
    return "\n".join(lines)
