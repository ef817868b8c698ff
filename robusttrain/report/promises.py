"""What a run is promised, for its folder: certificate.json."""

import dataclasses
from typing import Any

from robusttrain.certificate.probes import as_dict
from robusttrain.config.probe import probes_of
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.calibration import Calibration


def promises(recipe: Recipe, calibration: Calibration | None = None) -> dict[str, Any]:
    """The certificate of the assignment; with probes, theirs and how claims are compared besides.

    recipe: the checked run.
    calibration: of product claims; None: there are none.
    """
    made = recipe.planner.start.certificate.as_dict()
    if not recipe.agreement.probes:
        return made
    tolerance = None if calibration is None else calibration.tolerance
    compared = {} if calibration is None else dataclasses.asdict(calibration)
    return {**made, "probes": {**as_dict(probes_of(recipe.config, tolerance)), **compared}}
