from robusttrain.threat.fault.sigkill import Sigkill


def test_it_ends_the_part_of_the_rank_for_good(hit):
    struck = hit()
    assert Sigkill().strike(struck) == []
    assert struck.process.done == [("kill",)]
    assert Sigkill().final
