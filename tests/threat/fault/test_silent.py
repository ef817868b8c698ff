from robusttrain.threat.fault.silent import Silent


def test_in_a_table_its_part_is_zeros(hit):
    (left,) = Silent().strike(hit(table=True))
    assert left.payload.tolist() == [0, 0, 2, 3, 0, 0, 6, 7]


def test_a_table_that_says_nothing_any_more_is_not_sent(hit):
    assert Silent().strike(hit(table=True, owners=(5, 5, 5, 5))) == []
    assert Silent().strike(hit(table=True, payload=[1, 0, 2, 0])) == []


def test_any_other_message_is_not_sent(hit):
    assert Silent().strike(hit()) == []
