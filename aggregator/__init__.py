"""A news aggregator: polls feeds, extracts articles, recognises copies, stores, exports."""

__version__ = "0.1.0"
