"""Values -> text: what each format says of the stored items.

One module a format: ``atom``, ``rss``, ``jsonfeed``, ``jsonl``, ``opml``. ``entry`` is what the three
feed formats have in common, ``text`` which characters and dates any of them may carry. They are
imported by name where they are used: lxml and nh3 are not free at start-up.
"""
