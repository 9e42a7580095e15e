"""What can be chosen when a newsroom is opened; the command line offers the same names."""

from dataclasses import dataclass, fields

LAYOUTS = ("cover", "modern", "large", "classic", "block", "unknown")
PAGINATIONS = ("numbers", "load-more", "load-more-blind")  # blind: the button's href is "#"
SITEMAPS = ("yoast", "rank-math", "core", "core-dated", "none")
SEOS = ("yoast", "yoast-bare", "rank-math", "theme", "none")  # bare: no Article in the graph
PERMALINKS = ("name", "dated", "section")  # /slug/, /2026/11/23/slug/, /section/slug/
REST = ("open", "401", "404")

# What is odd about single articles. Each name goes to one article in 60 (at least one), until half of all are odd.
ODDITIES = (
    "copy",  # the very text of another article under another slug
    "near-copy",  # the same with 2 to 10 % of the words changed
    "protected",  # asks for a password; stands in lists, sitemap and REST
    "uncategorised",  # « Non classé », in no menu
    "several-sections",
    "sticky",  # leads page 1 of the blog list and stands again in its place
    "multi-page",  # /slug/2/, /slug/3/
    "picture-only",
    "embed-only",
    "very-short",
    "untitled",  # slug ID-2, empty link text in lists
    "markup-title",  # tags and entities in the title
    "emoji",
    "decomposed",  # accents as NFD, in headline and text
    "broken-jsonld",  # the plugin's JSON does not parse
    "non-ascii-slug",  # printed %-escaped in lower case
    "old-slug",  # the former address answers 301
    "backdated",
    "attachment",  # the picture's own page has the same h1
    "comments",
    "edited",  # modified an hour or more after publication
    "touched",  # modified moved, nothing to see
)


@dataclass(kw_only=True)
class Options:
    """The site's shape. Choices are the tuples above; `check` refuses anything else.

    days            the articles are spread backwards from now over so many days
    page_size       cards on a listing page; feed_items entries in a feed
    featured        posts of each section that stand in the strip above its list and not in the list
    same_second     newest articles of the first section that share their second of publication
    page_one        status of /page/1/: 200 or 301
    weak_etag       a front server makes the ETag of compressed feeds weak, and never answers 304 to them
    page_cache      seconds a page cache keeps serving what it once served (0 = none)
    noise           every fetch of a page differs in all that is no text
    typography      with noise, also the way in which the texts are written down differs: accents, blanks, quotes
    filler          pages weigh the 100 KB of real ones; without it half, for tests of many runs
    long_bytes      size of the one very long article, 0 for none
    """

    articles: int = 60
    seed: int = 1
    days: float = 60
    layout: str = "cover"
    pagination: str = "numbers"
    sitemaps: str = "yoast"
    rest: str = "open"
    feeds: bool = True
    feed_items: int = 10
    feed_full: bool = True
    seo: str = "yoast"
    permalinks: str = "name"
    page_size: int = 12
    featured: int = 3
    same_second: int = 6
    page_one: int = 301
    weak_etag: bool = False
    page_cache: float = 0
    noise: bool = False
    typography: bool = True
    gzip: bool = True
    filler: bool = True
    long_bytes: int = 0
    oddities: tuple[str, ...] = ODDITIES

    def check(self) -> None:
        """Raise ValueError when a choice is none."""
        choices = {
            "layout": LAYOUTS,
            "pagination": PAGINATIONS,
            "sitemaps": SITEMAPS,
            "rest": REST,
            "seo": SEOS,
            "permalinks": PERMALINKS,
            "page_one": (200, 301),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name}={getattr(self, name)!r}: one of {', '.join(map(str, allowed))}")
        unknown = set(self.oddities) - set(ODDITIES)
        if unknown:
            raise ValueError(f"no such oddities: {', '.join(sorted(unknown))}")
        if self.articles < 0 or self.days <= 0:
            raise ValueError("articles must be 0 or more and days above 0")


OPTION_NAMES = tuple(one.name for one in fields(Options))
