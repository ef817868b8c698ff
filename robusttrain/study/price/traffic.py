"""Traffic: to which phase the bytes of each kind of message belong."""

from collections.abc import Callable
from typing import Any

from robusttrain.benchmark.phases import Phases
from robusttrain.comm.link import Kind, Link, Message

TRAFFIC = {
    Kind.PUBLISH: "publish", Kind.COMMIT: "commit", Kind.AUDIT: "verdict", Kind.TRUTH: "verdict",
    Kind.PULL: "pull", Kind.LEAVES: "pull", Kind.BLOCK: "pull", Kind.ROWS: "pull",
    Kind.SUM: "pull", Kind.REVEAL: "claims", Kind.CLAIMS: "claims",
}  # fmt: skip


def counted(phases: Phases, function: Callable[..., Any]) -> Callable[..., Any]:
    """A link's `post` or `receive` that also counts the bytes of the message."""

    def call(link: Link, *given: Any) -> Any:
        done = function(link, *given)
        message = done if isinstance(done, Message) else given[0]
        count(phases, message)
        return done

    return call


def count(phases: Phases, message: Message) -> None:
    """Add the bytes of a message, header included, if it belongs to a step."""
    if message.kind in TRAFFIC:
        phases.count(phases.bytes, TRAFFIC[message.kind], 8 * len(message.header) + message.size)
