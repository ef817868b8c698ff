"""The plot is written, whatever is exact."""

import pytest

from robusttrain.certificate.certificate import certify
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.report.certificates_plot import plot_certificates


@pytest.mark.parametrize(("workers", "byzantine", "exact"), [(15, 3, True), (24, 9, False)])
def test_writes_a_picture(tmp_path, workers, byzantine, exact):
    certificates = {"mols": {q: certify(Mols(3), workers, q, 5000) for q in (2, byzantine)}}
    assert certificates["mols"][byzantine].undetected.exact == exact
    plot_certificates(certificates, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"
