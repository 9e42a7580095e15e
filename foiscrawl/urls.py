"""Addresses: one key for all spellings, one fetchable form, and which addresses can never be an article.

Three questions, three functions: are these two the same address (`url_key`), what do we send (`tidy_url`),
is it worth sending (`skip_reason`). None of them raises, whatever text it is given.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from w3lib.url import safe_url_string

MAX_LENGTH = 2083  # characters once encoded; Scrapy's URLLENGTH_LIMIT would drop a longer one without a word

# Query keys that never change what WordPress answers: campaign marks, click ids, session ids.
_TRACKER = re.compile(
    r"(?:at|gad|hsa|mc|mtm|pk|relatedposts|utm)_.*|_ga|_gl|dclid|fbclid|gbraid|gclid|igshid|jsessionid|msclkid|nb|ocid|"
    r"phpsessid|ref|share|srsltid|twclid|wbraid|xtor|yclid",
    re.IGNORECASE | re.DOTALL,
)

_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?([^/?#]*)([^?#]*)(?:\?([^#]*))?")  # matches any text
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")  # nothing to decode, encode or resolve
_PLAIN_URL = re.compile(  # fetchable as it is
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[1-5]?[0-9]{1,4})?/[A-Za-z0-9._~/-]*(?:\?p=[0-9]+)?"
)
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_ESCAPES = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")
_NEVER_BARE = re.compile(r'[\x00-\x20"<>\[\\\]^`{|}\x7f]|%(?![0-9A-Fa-f]{2})')
_SURROGATES = re.compile(r"[\ud800-\udfff]+")
_RESERVED = "!$&'()*+,;=:@/?"  # what RFC 3986 lets stand bare, and must not be decoded when it is escaped
_EDGE = "".join(map(chr, range(0x21)))  # what browsers cut off both ends of an address
_BREAKS = str.maketrans("", "", "\t\r\n")  # ... and out of its middle


def url_key(url: str) -> str:
    """The frontier's unique key: equal for every spelling that means the same page by the address alone.

    Scheme, `www.`, default port, fragment, trackers, trailing slash and `/index.php` are gone, the query is sorted,
    escapes and accents have one form. A key given again comes back unchanged.
    """
    return _kept_key(url) if len(url) <= MAX_LENGTH else _key(url)


def _key(url: str) -> str:
    match = _URL.match(url.strip(_EDGE).translate(_BREAKS).replace("\\", "/"))
    scheme, authority, path, query = match.groups() if match else ("", "", url, "")
    scheme = (scheme or "").lower()
    key = _key_host(authority, scheme) + _key_path(path)
    if query:
        pieces = sorted(_key_parameter(piece) for piece in query.split("&") if piece and not _is_tracker(piece))
        key += "?" + "&".join(pieces) if pieces else ""
    return key if scheme in ("", "http", "https") else f"{scheme}://{key}"


_kept_key = lru_cache(maxsize=4096)(_key)  # an address is met in several lists, and often in its own article


def _key_host(authority: str, scheme: str) -> str:
    host = authority.lower()
    if not host.isascii():
        host = _punycode(host)
    if not _PLAIN_HOST.fullmatch(host):
        host = quote(host, safe=_RESERVED + "[]%", errors="surrogatepass").lower().rstrip(":")
        host = host.removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":")).rstrip(":")
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _key_path(path: str) -> str:
    if not _PLAIN_PATH.fullmatch(path):
        path = _normal_escapes(path)
        path = _resolve_dots(path) if "/." in path else path
    path = path.rstrip("/")
    while path.endswith("/index.php"):
        path = path.removesuffix("/index.php").rstrip("/")
    return path


def _resolve_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _key_parameter(piece: str) -> str:
    name, _, value = piece.partition("=")
    return "=".join(_normal_escapes(part).replace("%20", "+") for part in (name, value))


def _normal_escapes(text: str) -> str:
    """Escapes upper-case and only where needed; text composed (NFC), so é has one form however it was typed."""
    if _UNRESERVED.fullmatch(text):
        return text
    text = _ESCAPES.sub(_readable, _NEVER_BARE.sub(lambda one: f"%{ord(one[0]):02X}", text))
    pieces = _ESCAPES.split(text)  # a combining accent must not join the last digit of the escape before it
    pieces[::2] = [
        quote(unicodedata.normalize("NFC", one), safe=_RESERVED, errors="surrogatepass") for one in pieces[::2]
    ]
    return "".join(pieces)


def _readable(run: re.Match[str]) -> str:
    """The characters of a run of escapes, but for those that mean something else when they stand bare."""
    text = unquote_to_bytes(run[0]).decode("utf-8", "surrogateescape")
    return "".join(char if char > "\x7f" and not _is_stray_byte(char) else _escaped(char) for char in text)


def _is_stray_byte(char: str) -> bool:
    """A byte that is no UTF-8, from an old Latin-1 address: as a byte it is all we know of it."""
    return "\udc80" <= char <= "\udcff"


def _escaped(char: str) -> str:
    return quote(char, safe="", errors="surrogateescape")


def _is_tracker(piece: str) -> bool:
    name = piece.partition("=")[0]
    return _TRACKER.fullmatch(unquote(name) if "%" in name else name) is not None


def tidy_url(url: str) -> str:
    """The address to fetch: as the site wrote it, encoded for the wire, without fragment and trackers."""
    if _PLAIN_URL.fullmatch(url):
        return url
    url = url.strip(_EDGE).translate(_BREAKS).partition("#")[0]
    base, mark, query = url.partition("?")
    if mark:
        query = "&".join(piece for piece in query.split("&") if not _is_tracker(piece))
        url = f"{base}?{query}" if query else base
    url = _SURROGATES.sub(lambda run: quote(run[0], errors="surrogatepass"), url)
    try:
        if _origin(url):
            return safe_url_string(url)
    except ValueError:  # a label of more than 63 letters
        pass
    return quote(url, safe="%")  # nothing to fetch, and `skip_reason` says so: made a harmless word


def post_id(url: str) -> str | None:
    """The publisher's post id in a `?p=ID` address (shortlink, feed guid), else None."""
    found = re.search(r"[?&]p=([0-9]{1,19})(?=[&#]|$)", url)
    return found[1] if found else None


def page_number(url: str) -> int | None:
    """The page of a list that an address asks for: `/page/3/`, `?paged=3`, `?page=3`, `?query-1-page=3`; else None."""
    path, _, query = url.partition("#")[0].partition("?")
    found = re.search(r"/page/([0-9]{1,7})/?$", path)
    found = found or re.search(r"(?:^|&)(?:paged|page|query-[0-9]+-page)=([0-9]{1,7})(?=&|$)", query)
    return int(found[1]) if found else None


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None  # None is the scheme's own port


_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^\[\]/?#:@\\\s]+)(?::([0-9]{1,5}))?(?=[/?#]|$)", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NAME_OF_A_SITE = re.compile(
    r".+\.[a-z][a-z0-9-]*"
)  # the last label of an IP address, in any spelling, starts with a digit


def _origin(url: str) -> _Origin | None:
    """Scheme, host and port when they are written plainly; None for every spelling that hides its host."""
    return _kept_origin(url) if len(url) <= MAX_LENGTH else _read_origin(url)


def _read_origin(url: str) -> _Origin | None:
    match = _ORIGIN.match(url)
    if not match:
        return None
    scheme, host, port = match[1].lower(), match[2].lower(), int(match[3]) if match[3] else None
    if not host.isascii():
        readable, host = unicodedata.normalize("NFC", host), _punycode(host)
        if not host.isascii() or host.encode("ascii").decode("idna") != readable:
            return None  # full-width digits and the like: the name resolved is not the name read
    if (host[0] != "[" and not _NAME.fullmatch(host)) or (port or 0) > 65_535:
        return None
    return _Origin(scheme, host, None if port == {"http": 80, "https": 443}[scheme] else port)


_kept_origin = lru_cache(maxsize=4096)(_read_origin)


@lru_cache(maxsize=64)
def _home(home: str) -> tuple[_Origin | None, str]:
    match = _URL.match(home)
    return _origin(home), (match[3] if match else "").rstrip("/")


def same_site(url: str, home: str) -> bool:
    """Whether `url` is on the host and port of `home`.

    The `www.` twin and the http/https twin count as the same for a name; an IP address or `localhost` only as written.
    """
    ours, (theirs, _) = _origin(url), _home(home)
    if ours is None or theirs is None:
        return False
    if not _NAME_OF_A_SITE.fullmatch(theirs.host):
        return ours == theirs
    return (ours.host.removeprefix("www."), ours.port) == (theirs.host.removeprefix("www."), theirs.port)


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_MALFORMED = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]|%(?:[01][0-9A-Fa-f]|7[Ff])")


def address_reason(url: str, home: str) -> str | None:
    """Why an address of any kind is not ours to fetch, or None."""
    url = url.strip(_EDGE)
    scheme = _SCHEME.match(url)
    if url.startswith("#"):
        return "fragment"
    if len(url) > MAX_LENGTH:
        return "too_long"
    if scheme and scheme[1].lower() not in ("http", "https"):
        return "scheme"
    if not scheme or _MALFORMED.search(url):
        return "malformed"
    if "@" in re.split(r"[/?#]", url[len(scheme[0]) :].lstrip("/"), maxsplit=1)[0]:
        return "userinfo"
    if not same_site(url, home):
        return "other_host"
    return "too_long" if not url.isascii() and len(tidy_url(url)) > MAX_LENGTH else None


_BY_QUERY = {
    "replytocom": "replytocom",
    "cpage": "comments",
    "share": "share",
    "amp": "amp",
    "embed": "embed",
    "s": "search",
    "preview": "admin",
    "rest_route": "admin",
    "attachment_id": "attachment",
    "page_id": "page",
    "cat": "section",
    "category_name": "section",
    "tag": "tag",
    "author": "author",
    "author_name": "author",
    "m": "date_archive",
    "year": "date_archive",
    "monthnum": "date_archive",
    "paged": "paged",
}
_BY_FIRST = {
    **dict.fromkeys(("wp-admin", "wp-json", "wp-includes", "cgi-bin"), "admin"),
    **dict.fromkeys(("wp-login.php", "wp-signup.php", "wp-activate.php", "wp-cron.php", "xmlrpc.php"), "admin"),
    **dict.fromkeys(("wp-comments-post.php", "wp-trackback.php"), "admin"),
    **dict.fromkeys(("web-stories", "web-story"), "web_story"),
    **dict.fromkeys(("category", "categorie", "rubrique", "section"), "section"),
    **dict.fromkeys(("tag", "tags", "etiquette", "mot-cle"), "tag"),
    **dict.fromkeys(("author", "authors", "auteur", "auteurs"), "author"),
    **dict.fromkeys(("search", "recherche"), "search"),
    "wp-content": "file",
    "amp": "amp",
}
_BY_LAST = {"embed": "embed", "amp": "amp", "trackback": "admin"}
_FEED_FORMATS = ("feed", "atom", "rss", "rss2", "rdf")
_DATE_ARCHIVE = re.compile(r"/(?:19|20)[0-9]{2}(?:/[0-9]{1,2}){0,2}")
_FILE = re.compile(
    r"\.(?:avif|bmp|css|csv|docx?|eot|epub|gif|gz|ico|jpe?g|js|json|m4a|m4v|mov|mp3|mp4|odt|ogg|pdf|png|pptx?|svg|txt|"
    r"wav|webm|webp|woff2?|xlsx?|xml|zip)$"
)
_COMMENT_FRAGMENT = re.compile(r"#(?:respond|comments?|comment-[0-9]+|comments-.*)$")
_MAX_DEPTH, _MAX_REPEATS = 20, 2  # path parts; the limits of Heritrix's trap rules


def skip_reason(url: str, home: str) -> str | None:
    """Why an address can never be an article of this site, or None. A short word, the same for the same cause."""
    return _kept_reason(url, home) if len(url) <= MAX_LENGTH else _skip_reason(url, home)


def _skip_reason(url: str, home: str) -> str | None:
    reason = address_reason(url, home)
    if reason:
        return reason
    match = _URL.match(url.strip(_EDGE))
    _, _, path, query = match.groups() if match else ("", "", "", "")
    if _COMMENT_FRAGMENT.search(url):
        return "fragment"
    names = {unquote(piece.partition("=")[0]).lower() for piece in query.split("&")} if query else set()
    path = unquote(path).lower().removeprefix(_home(home)[1])
    segments = [segment for segment in path.split("/") if segment]
    if segments and segments[-1] == "index.php":
        segments.pop()
    return _feed_reason(segments, names) or _query_reason(names, bool(segments)) or _path_reason(segments)


_kept_reason = lru_cache(maxsize=4096)(_skip_reason)


def _feed_reason(segments: list[str], names: set[str]) -> str | None:
    """A feed of the site or a section, or the feed of one article's comments; WordPress names both alike."""
    base = list(segments)
    while base and base[-1] in _FEED_FORMATS and (len(base) == 1 or base[-1] == "feed" or base[-2] == "feed"):
        base.pop()
    if len(base) == len(segments) and "feed" not in names:
        return None
    of_site = not base or _BY_FIRST.get(base[0]) in ("section", "tag", "author", "search", "web_story")
    return "feed" if of_site and "p" not in names else "comment_feed"


def _query_reason(names: set[str], has_path: bool) -> str | None:
    for name, reason in _BY_QUERY.items():
        if name in names:
            return reason
    return None if has_path or "p" in names else "home"


def _path_reason(segments: list[str]) -> str | None:
    if not segments:
        return None
    last = segments[-1]
    reason = _BY_FIRST.get(segments[0]) or (_BY_LAST.get(last) if len(segments) > 1 else None)
    if reason:
        return reason
    if last.startswith("comment-page-"):
        return "comments"
    if last.isdigit() and segments[-2:-1] == ["page"]:
        return "paged"
    if "attachment" in segments[1:]:
        return "attachment"
    if _DATE_ARCHIVE.fullmatch("/" + "/".join(segments)):
        return "date_archive"
    if _FILE.search(last):
        return "file"
    if len(segments) > _MAX_DEPTH or any(segments.count(one) > _MAX_REPEATS for one in segments):
        return "trap"
    return None
