"""Bytes in, values out: what pages, feeds, sitemaps and REST lists say. No network, SQL, files or clock."""


class NotASource(Exception):
    """A body is not what its address promised: an error page for a feed, HTML for a sitemap, an article for a list.

    Not raised for a good list without entries. `reason` is a short word to be recorded.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
