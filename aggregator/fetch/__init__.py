"""The way out: the only room that opens sockets to outlets.

``client`` fetches one address and never raises for what the network does; ``guard`` judges the address that a
socket connects to; ``hosts`` keeps us polite; ``robots`` asks which pages we may read. Import from those:
this package stays empty so that commands without a network do not pay for aiohttp.
"""
