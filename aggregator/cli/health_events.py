"""What should the keeper of an outlet know today?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aggregator.cli import output

if TYPE_CHECKING:
    from aggregator.model import HealthEvent

#: events that are told
_MOST = 10


def show(events: "Sequence[HealthEvent]", *, most: int = _MOST) -> None:
    """A table of them, and how many more there are."""
    if not events:
        return
    shown = [(output.cell(event.outlet), output.cell(event.text)) for event in events[:most]]
    output.console().print(output.table(("Look after", "What happened"), shown, fold="What happened"))
    if len(events) > most:
        more = len(events) - most
        output.print_line(
            f"… and {more} {'outlet' if more == 1 else 'outlets'} more; `aggregator outlets` tells."
        )
    output.print_line()
