"""An outlet's comments: its feed names them, its comment feeds are read where that is wanted."""

import json
from pathlib import Path

import pytest

from aggregator import app, config, replay
from aggregator.cli import main
from aggregator.model.stories import Comment
from aggregator.report import RunOptions
from aggregator.store import Store
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss

FEED, COMMENTS = "/feed.xml", "/story/1/comments.xml"


def publish(site: FakeSite, newsroom: Newsroom, *, comments: str = "true", count: int = 2) -> None:
    """One outlet with one story, an hour old, that is talked of."""
    site.serve(COMMENTS, said("First!", "<p>I <b>disagree</b><script>alert(1)</script>.</p>"))
    extra = (
        f"<comments>{site.url('/story/1#comments')}</comments>"
        f'<wfw:commentRss xmlns:wfw="http://wellformedweb.org/CommentAPI/">{site.url(COMMENTS)}</wfw:commentRss>'
        f"<slash:comments>{count}</slash:comments>"
    )
    site.serve(FEED, rss([Entry(number=1, link=site.url("/story/1"), summary="Summary", extra=extra)]))
    newsroom.outlets(outlet("Port", site.url(FEED), comments=comments))


def said(*texts: str) -> str:
    return rss([Entry(number=n, title="By: Ann", content=text) for n, text in enumerate(texts)])


def stored(newsroom: Newsroom) -> list[Comment]:
    with newsroom.store() as store:
        return [one for ones in store.comments([item.id for item in store.items()]).values() for one in ones]


def test_the_comments_of_a_young_article_are_read_and_stored_as_text(
    newsroom: Newsroom, site: FakeSite
) -> None:
    publish(site, newsroom)
    newsroom.once()
    assert [one.text for one in stored(newsroom)] == ["First!", "I disagree."]
    (item,) = newsroom.items()
    assert (item.comments, item.comments_feed) == (2, site.url(COMMENTS))


def test_comment_feeds_are_never_followed_unless_that_is_wanted(newsroom: Newsroom, site: FakeSite) -> None:
    publish(site, newsroom, comments="false")
    newsroom.once()
    newsroom.clock.advance(hours=3)
    newsroom.once()
    assert (site.asked(COMMENTS), stored(newsroom)) == ([], [])


def test_comment_feeds_are_asked_conditionally_and_ever_more_seldom(
    newsroom: Newsroom, site: FakeSite
) -> None:
    publish(site, newsroom)
    for _ in range(24 * 8):
        newsroom.once()
        newsroom.clock.advance(hours=1)
    asked = site.asked(COMMENTS)
    # at once, as it is an hour old; after 3 and 8 hours, and given up after a day without a word
    assert len(asked) == 4
    assert all("if-none-match" in request.headers for request in asked[1:])


def test_a_comment_feed_that_is_gone_is_asked_no_more(newsroom: Newsroom, site: FakeSite) -> None:
    publish(site, newsroom)
    site.status(COMMENTS, 404)
    for _ in range(5):
        newsroom.once()
        newsroom.clock.advance(hours=6)
    assert len(site.asked(COMMENTS)) == 1


def test_a_server_that_asks_for_quiet_gets_it_from_comment_feeds_too(
    newsroom: Newsroom, site: FakeSite
) -> None:
    publish(site, newsroom)
    site.status(COMMENTS, 503, headers={"Retry-After": str(5 * 3600)})
    newsroom.once()
    newsroom.clock.advance(hours=4)
    newsroom.once()
    assert len(site.asked(COMMENTS)) == 1


def test_a_page_in_the_place_of_a_comment_feed_harms_nobody(newsroom: Newsroom, site: FakeSite) -> None:
    publish(site, newsroom)
    site.serve(COMMENTS, "<html><body>Comments are closed.</body></html>", content_type="text/html")
    report = newsroom.once()
    assert (report.failed, report.items_new, stored(newsroom)) == (0, 1, [])


def test_show_tells_the_comments(
    newsroom: Newsroom, site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(site, newsroom)
    newsroom.once()
    (item,) = newsroom.items()
    main(["show", str(item.id), "--config", str(newsroom.file)])
    shown = capsys.readouterr().out
    assert f"2 at {site.url('/story/1#comments')}" in " ".join(shown.split())
    assert "I disagree." in shown
    main(["show", str(item.id), "--json", "--config", str(newsroom.file)])
    told = json.loads(capsys.readouterr().out)
    assert told["comments"] == {"count": 2, "url": site.url("/story/1#comments"), "feed": site.url(COMMENTS)}
    assert [one["text"] for one in told["comments_told"]] == ["First!", "I disagree."]


def test_a_replay_gives_the_comments_again(newsroom: Newsroom, site: FakeSite, tmp_path: Path) -> None:
    publish(site, newsroom)
    for texts in (("First!",), ("First!", "Second.")):
        site.serve(COMMENTS, said(*texts))
        app.run_once(
            config.load(newsroom.file),
            RunOptions(force=True),
            clock=newsroom.clock.now,
            record=newsroom.directory / "tape",
        )
        newsroom.clock.advance(hours=3)
    made = replay.replay(tmp_path / "tape", tmp_path / "again")
    again = Store.open(f"sqlite:///{made.folder / 'aggregator.db'}")
    try:
        (item,) = again.items()
        comments = list(again.comments([item.id])[item.id])
    finally:
        again.close()
    assert (made.missing, made.notes, made.differences) == ((), (), ())
    assert comments == stored(newsroom)
    assert [one.text for one in comments] == ["First!", "Second."]
