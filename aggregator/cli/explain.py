"""Why is an outlet polled when it is: every term of the decision, which one won, and the decisions before."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import completion, feed_rows, output
from aggregator.cli.command import Run, command
from aggregator.cli.feed_rows import Row, instant
from aggregator.cli.outlet_names import resolve_outlets
from aggregator.cli.outlet_page import why_nothing
from aggregator.cli.times import ago, ahead

if TYPE_CHECKING:
    from aggregator.model import Decision, Term


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    command(app, "explain", examples=_EXPLAIN)(explain)


_EXPLAIN = """
aggregator explain "Gulf Insider"       every term of the next poll time, and which one won
aggregator explain "Gulf Insider" --json | jq '.terms[] | select(.won)'
"""


def explain(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="OUTLET", help="The outlet's name.", autocompletion=completion.outlets)
    ],
) -> None:
    """Say why an outlet is polled when it is.

    Every term that went into the next poll time of each of its feeds and which one won, then the last ten
    decisions.
    """
    config = run.config()
    with run.store(config) as store:
        outlet = resolve_outlets([name], config, store)[0]
        rows = feed_rows.of_outlet(outlet, config, store, run.now)
        made = store.decisions(outlet)
        nothing = why_nothing(outlet, config, store, run.now)
    if not run.json:
        rows = [row for row in rows if row.health]
        if not rows:
            output.tell(nothing)
    for row in rows:
        decisions = [decision for decision in made if decision.feed == row.feed]
        if run.json:
            output.print_json(_json(row, decisions))
        else:
            _print(row, decisions, run.now)


def _json(row: Row, decisions: "Sequence[Decision]") -> dict[str, Any]:
    return {
        "outlet": row.outlet,
        "feed": row.feed,
        "state": row.state,
        "reason": row.reason,
        "next_poll": instant(row.next_poll),
        "terms": _terms_json(row.health.terms if row.health else ()),
        "decisions": [
            {
                "at": instant(decision.at),
                "result": decision.result,
                "brought_by_hub": decision.brought,
                "next_poll": instant(decision.next_poll_at),
                "terms": _terms_json(decision.terms),
            }
            for decision in decisions
        ],
    }


def _terms_json(terms: "Sequence[Term]") -> list[dict[str, Any]]:
    return [{"name": t.name, "value": t.value, "at": instant(t.at), "won": t.won} for t in terms]


# ── for people ───────────────────────────────────────────────────────────────────────────────


def _print(row: Row, decisions: "Sequence[Decision]", now: datetime) -> None:
    feed = row.health
    assert feed is not None  # noqa: S101  explain() leaves the others out
    output.print_line(f"{row.outlet}  {row.feed}")
    if not feed.listed:
        output.print_line("Not polled: it is not listed in feeds.toml, or disabled there.\n")
        return
    last = f"last polled {ago(feed.last_attempt, now)}" if feed.last_attempt else "never polled"
    next_poll = "Not polled any more" if row.next_poll is None else f"Next poll {ahead(row.next_poll, now)}"
    output.print_line(f"{next_poll}; {last}.")
    output.print_line(f"State: {'; '.join([feed_rows.state(row, now), *feed_rows.remarks(row)])}")
    output.print_line()
    if feed.terms:
        output.console().print(_terms(feed.terms, now))
        output.print_line()
    if len(decisions) > 1:
        output.print_line(f"The last {len(decisions)} decisions:")
        output.console().print(_decisions(decisions))
        output.print_line()


def _terms(terms: "Sequence[Term]", now: datetime) -> Any:
    rows = [
        (
            output.cell("→" if term.won else ""),
            output.cell(term.name, "bold" if term.won else ""),
            output.cell(term.value),
            _relative(term.at, now),
        )
        for term in terms
    ]
    return output.table(("", "Term", "Value", "Would poll"), rows, fold="Value")


def _decisions(decisions: "Sequence[Decision]") -> Any:
    rows = [
        (
            f"{decision.at:%-d %b %H:%M}",
            output.cell(_result(decision), "red" if decision.result == "failed" else ""),
            _after(decision),
            output.cell(_because(decision)),
        )
        for decision in decisions
    ]
    return output.table(("Polled (UTC)", "Result", "Next after", "Because"), rows, fold="Because")


def _result(decision: "Decision") -> str:
    return "brought by the hub" if decision.brought else decision.result.replace("_", " ")


def _after(decision: "Decision") -> str:
    from aggregator.core.polling import words

    return "never" if decision.next_poll_at is None else words(decision.next_poll_at - decision.at)


def _because(decision: "Decision") -> str:
    return "; ".join(f"{term.name}: {term.value}" for term in decision.terms if term.won)


def _relative(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    return ahead(at, now) if at > now else ago(at, now)
