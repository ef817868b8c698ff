"""What certificate.json says: the scheme; with probes, their figures and the tolerance."""

import json

from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.calibration import Calibration
from robusttrain.report.promises import promises


def test_copies_have_the_certificate_of_their_scheme(configure, small):
    made = recipe(configure(*small))
    assert promises(made) == made.planner.start.certificate.as_dict()


def test_probes_have_their_figures_besides(configure):
    made = recipe(configure(*PROBES, "probe.share=.5"))
    exact = promises(made)["probes"]
    assert (exact["share"], exact["passes"], exact["price"]) == (0.5, 0, 1.5)
    assert "tolerance" not in exact
    loose = promises(made, Calibration(0.03, 1e-6))["probes"]
    assert (loose["tolerance"], loose["measured"]) == (0.03, 1e-6)
    assert 0 < loose["passes"] < 0.1
    assert loose["expected"] > exact["expected"]
    assert json.loads(json.dumps(loose, allow_nan=False)) == loose
