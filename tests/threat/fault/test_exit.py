from robusttrain.threat.fault.exit import Exit


def test_it_ends_the_part_of_the_rank_for_good(hit):
    struck = hit()
    assert Exit().strike(struck) == []
    assert struck.process.done == [("exit",)]
    assert Exit().final
