"""A small news site, served on loopback, that behaves as badly as real ones do; for tests, demo and benchmark."""

from tests.newsroom.client import Reply, fetch, follow
from tests.newsroom.clock import Clock
from tests.newsroom.faults import (
    Charset,
    Cut,
    CutGzip,
    Drip,
    Header,
    Never,
    Oversize,
    Redirect,
    Replace,
    Reset,
    Slow,
    Status,
    consent_page,
    maintenance,
    soft_404,
)
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.options import ODDITIES, Options
from tests.newsroom.server import Server, serve
from tests.newsroom.truth import Truth, truth_of

__all__ = [
    "ODDITIES",
    "Article",
    "Charset",
    "Clock",
    "Cut",
    "CutGzip",
    "Drip",
    "Header",
    "Never",
    "Newsroom",
    "Options",
    "Oversize",
    "Redirect",
    "Replace",
    "Reply",
    "Reset",
    "Server",
    "Slow",
    "Status",
    "Truth",
    "consent_page",
    "fetch",
    "follow",
    "maintenance",
    "serve",
    "soft_404",
    "truth_of",
]
