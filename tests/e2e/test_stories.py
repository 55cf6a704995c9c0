"""Stories come of a run: several outlets, one event."""

from aggregator.model import ItemFilter
from aggregator.model.stories import StoryFilter
from tests.fakes import FakeSite
from tests.press import Entry, Newsroom, outlet, rss


def entry(number: int, title: str) -> Entry:
    return Entry(number=number, title=title, link=f"https://x.example/{number}", summary="")


def test_one_run_tells_what_two_outlets_say_of_one_event_as_one_story(
    newsroom: Newsroom, site: FakeSite
) -> None:
    storm = "Cyclone Hamoon kills twelve in Chittagong port"
    site.serve("/port.xml", rss([entry(1, storm), entry(2, "Parliament passes austerity budget at night")]))
    site.serve("/gulf.xml", rss([entry(3, "Twelve dead as Cyclone Hamoon hits Chittagong")]))
    newsroom.outlets(outlet("Port", site.url("/port.xml")), outlet("Gulf", site.url("/gulf.xml")))
    newsroom.once()
    with newsroom.store() as store:
        stories = store.stories(StoryFilter(items=ItemFilter(), outlets=2))
    assert [(set(story.outlets), story.size) for story in stories] == [({"Port", "Gulf"}, 2)]
