"""What is special to the CUDA kernels; what they compute is tested in test_sorting."""

import pytest

pytest.importorskip("triton", reason="no Triton for this platform")


def test_every_kernel_compares_the_least():
    from robusttrain.ops.kernels.sorting_triton import source

    everything = source(15, 0, 15, 0).count("propagate_nan")
    assert source(15, 7, 8, 0).count("propagate_nan") < 0.75 * everything
    assert source(15, 7, 8, 11).count("propagate_nan") == everything
