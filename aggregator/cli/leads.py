"""What do aggregators' pages tell: whose article a lead is, which outlets they name that are not polled?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aggregator.cli import output
from aggregator.cli.command import Run
from aggregator.cli.times import ago

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config import Config
    from aggregator.model import Item
    from aggregator.model.leads import Proposal
    from aggregator.store import Store


def facts(store: "Store", item: "Item") -> Iterator[tuple[str, str]]:
    """What a lead is and where it stood, for ``show``; nothing for other items."""
    place = store.lead(item.id) if item.is_lead else None
    if place is None:
        return
    beside = store.item(place.seen_on) if place.seen_on is not None else None
    where = (
        f'on a page of {beside.outlet}, beside item {beside.id}, "{beside.title}"' if beside else "on a page"
    )
    said = f'"{place.said}" ' if place.said else ""
    told = f"a lead: {said}{where}"
    if place.resolved_to is None:
        yield "What it is", f"{told}; the outlet's own item is not stored"
    else:
        yield "What it is", f"{told}; the outlet's own is item {place.resolved_to} ({place.evidence})"


def show(run: Run, store: "Store") -> None:
    """Print them, those that are named most often first, with what to type."""
    found = store.proposed_outlets()
    if run.json:
        for one in found:
            output.print_json(_as_json(one))
        return
    if not found:
        output.tell('No outlets to propose: leads come from the pages of outlets with kind = "aggregator".')
        for line in _failing(run.config(), store, run.now):
            output.tell(line)
        return
    rows = [
        (
            output.cell(one.outlet, "cyan"),
            str(one.leads),
            ago(one.last_seen, run.now),
            output.cell(one.example, "dim"),
            output.cell(one.homepage),
        )
        for one in found
    ]
    output.console().print(output.table(("Outlet", "Leads#", "Last", "For example", "Site"), rows))
    address = next((one.homepage for one in found if one.homepage), "URL")
    output.print_line()
    output.print_line(f"To poll one of them: aggregator add {output.shown(address)}")


def _failing(config: "Config", store: "Store", now: "datetime") -> Iterator[str]:
    """The aggregators that bring no leads because they cannot be polled, each with the reason."""
    names = {outlet.name for outlet in config.outlets if outlet.kind == "aggregator"}
    for feed in store.health(now):
        if feed.outlet in names and feed.failing_since is not None:
            yield output.one_line(f"{feed.outlet} could not be read: {feed.reason} ({feed.feed})")


def _as_json(one: "Proposal") -> dict[str, Any]:
    from aggregator.export.text import iso

    return {
        "outlet": one.outlet,
        "leads": one.leads,
        "last_seen": iso(one.last_seen),
        "homepage": one.homepage or None,
        "example": one.example,
        "command": f"aggregator add {one.homepage}" if one.homepage else None,
    }
