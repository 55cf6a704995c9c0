"""A run's counts become its report."""

from datetime import timedelta

from aggregator.articles import ArticleDone
from aggregator.model import ArticleOutcome, ArticleResult, ArticleTask, Validators
from aggregator.tally import Tally
from tests.conftest import NOW


def page(result: ArticleResult, *, before: str = "") -> ArticleDone:
    task = ArticleTask(
        item_id=1,
        outlet="Port",
        url="https://port.example/1",
        title="Bridge opens",
        authors=(),
        published=NOW,
        language=None,
        first_seen=NOW,
        text="",
        text_source=None,
        attempts=0,
        validators=Validators(),
        lease_token="t",
        page_text=before,
    )
    outcome = ArticleOutcome(item_id=1, lease_token="t", at=NOW, result=result, reason="")
    return ArticleDone(task=task, outcome=outcome, fetched=result != "put_off")


def test_a_second_look_is_counted_as_one_and_as_a_change_where_it_was() -> None:
    tally = Tally()
    for done in (
        page("extracted"),
        page("unchanged", before="It opens."),
        page("extracted", before="It opens."),
        page("put_off", before="It opens."),
    ):
        tally.read(done)

    report = tally.report(started=NOW, finished=NOW + timedelta(seconds=1), next_poll_at=None)

    assert (report.articles_looked_again, report.articles_edited, report.articles_extracted) == (2, 1, 2)
