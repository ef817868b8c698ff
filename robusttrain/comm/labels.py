"""Labels: what a message belongs to, and whether it is the one that is waited for."""

from robusttrain.comm.link import LinkError, Message


def is_due(message: Message, wanted: Message, size: int) -> bool:
    """Whether it is labelled like `wanted` and has `size` bytes; False: it is of an earlier pull.

    LinkError if it is anything else.
    """
    if (message.step, message.pull) < (wanted.step, wanted.pull):
        return False
    if label(message) != label(wanted) or message.size != size:
        raise LinkError(
            f"broke the protocol: {label(message)} of {message.size} bytes where "
            f"{label(wanted)} of {size} was due"
        )
    return True


def label(message: Message) -> tuple[str, int, int, int]:
    """What a message belongs to."""
    return message.kind.name, message.step, message.pull, message.index
