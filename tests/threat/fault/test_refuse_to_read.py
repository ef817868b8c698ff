from robusttrain.threat.fault.refuse_to_read import RefuseToRead


def test_it_ends_the_part_of_the_rank_for_good(hit):
    struck = hit()
    assert RefuseToRead().strike(struck) == []
    assert struck.process.done == [("refuse",)]
    assert RefuseToRead().final
