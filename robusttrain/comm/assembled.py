"""Assembled: the ranks that have come in before a run begins."""

from robusttrain.comm.bell import Bell
from robusttrain.comm.door import Door
from robusttrain.comm.joined import Joined
from robusttrain.comm.losses import RanksMissing


def assembled(
    door: Door, bell: Bell, ranks: int, enough: int, seconds: float, again: bool = False
) -> dict[int, Joined]:
    """Who has come in, once there are `enough` of `ranks`; RanksMissing names one if they do not.

    bell: that the door rings.
    again: whether a rank that was turned away may come again until the time is over.
    """
    joined = dict[int, Joined]()

    def there() -> bool:
        joined.update({one.rank: one for one in door.waiting()})
        return len(joined) >= enough or (bool(door.turned) and not again)

    try:
        bell.wait(there, seconds)
        for rank, turned in sorted(door.turned.items()):
            if len(joined) < enough:
                raise RanksMissing(f"rank {rank} {turned.reason}", turned.traceback)
        for rank in range(1, ranks + 1):
            if rank not in joined and len(joined) < enough:
                raise late(rank, seconds)
    except BaseException:
        door.close()
        for one in joined.values():
            one.link.close()
        raise
    return joined


def late(rank: int, seconds: float) -> RanksMissing:
    return RanksMissing(f"rank {rank} did not join within {seconds:g} s; see its own output")
