"""Clean text, compare texts blind to typography, read printed dates. Pure: the clock and the zone are arguments."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import repeat
from zoneinfo import ZoneInfo

from foiscrawl.items import Instant

# White space that is no blank, tab or newline: read as a blank, so that no two words are glued.
_ODD_BLANK = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
_LINE_END = re.compile("\r\n?|[\u2028\u2029]")
# What a database refuses (NUL, lone surrogates), what nobody can see and what reorders the letters on a screen.
# U+200C and U+200D stay: emoji and several scripts are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_BLANKS = re.compile("[^\\S\u00a0\u202f]+")  # every white space but the no-break ones, which are French typography
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_TOKEN = re.compile("[^\\W_]+|[%€$£+]")  # signs that change what is said are no punctuation
_SIGNS = "«»“”‹›\"'’‘.,;:!?…()[]{}<>–—-|/·•*&=#~"
_SIGN_SET = frozenset(_SIGNS)
_LIGATURES = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"))

# What WordPress and editors turn into one another, as str.replace pairs: five times faster here than a pattern.
_TYPOGRAPHY = (
    *((one, "'") for one in "‘’‚‛‹›ʼʹ′´`＇"),
    ("''", '"'),
    *((one, '"') for one in "«»“”„‟″〝〞＂"),
    *((one, "-") for one in "‐‑‒–—―−﹘﹣－"),
    ("…", "..."),
    ("×", "x"),
)
_DASHES = re.compile("--+")
_LOOSE = tuple((f" {mark}", mark) for mark in ":;!?%")  # blanks that French typography puts and others leave out
_NOT_SLUG = re.compile("[^a-z0-9]+")


def clean_text(raw: str) -> str:
    """Text that every database takes and every reader sees: NFC, without control, invisible and direction characters.

    Newlines and no-break spaces stay.
    """
    return _cleaned_body(raw) if len(raw) > _LABEL_MAX else _cleaned(raw)


def _cleaned(raw: str) -> str:
    if not _is_plain(raw.replace("\n", " ")):
        raw = _UNSEEN.sub("", _ODD_BLANK.sub(" ", _LINE_END.sub("\n", raw)))
    return unicodedata.normalize("NFC", raw)


_LABEL_MAX = 120  # characters
_cleaned_body = lru_cache(maxsize=8)(_cleaned)  # one body is cleaned to be kept, for its hash and for its signature


def clean_line(raw: str | None) -> str | None:
    """Clean text as one line, runs of white space made one blank. None when nothing is left."""
    if raw is None:
        return None
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip() or None
    if "  " in raw or not _is_plain(raw):
        raw = _BLANKS.sub(" ", clean_text(raw))
    return unicodedata.normalize("NFC", raw).strip() or None


def _is_plain(text: str) -> bool:
    """Whether there is nothing to clean; saves the patterns for nearly every text there is."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").isprintable()


def comparable(raw: str) -> str:
    """A form in which two strings are equal when they differ only in case, accents, punctuation and spaces."""
    return _label_form(raw) if len(raw) <= _LABEL_MAX else _comparable(raw)


def _comparable(raw: str) -> str:
    if raw.isascii() and raw.isprintable():
        return " ".join(_TOKEN.findall(raw.lower()))
    text = unicodedata.normalize("NFKD", raw.casefold())
    if not text.isprintable():
        text = unicodedata.normalize("NFKD", clean_text(raw).casefold())
    text = _MARKS.sub("", text).casefold()
    if not text.isascii():
        for joined, letters in _LIGATURES:
            text = text.replace(joined, letters)
    return " ".join(_TOKEN.findall(text))


# Every page repeats the names of site, sections and authors, and the same promotions.
_label_form = lru_cache(maxsize=2048)(_comparable)


def hashable(raw: str) -> str:
    """A form in which two strings are equal when they differ only in typography: quotes, dashes, dots, white space.

    Case, accents, digits and words count. For the content hash: changing it makes every article look edited.
    """
    text = clean_text(raw)
    for shown, plain in _TYPOGRAPHY:
        text = text.replace(shown, plain)
    text = _DASHES.sub("-", _single_spaced(text))
    text = '"'.join(map(str.strip, text.split('"')))
    for shown, plain in _LOOSE:
        text = text.replace(shown, plain)
    return text


def _single_spaced(text: str) -> str:
    """Every run of white space as one blank, none at the ends. To split and join takes three times as long."""
    for space in ("\n\n", "\n", "\u00a0", "\u202f"):
        text = text.replace(space, " ")
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def words(text: str) -> list[str]:
    """Words as a reader counts them: « l’accord » and « vice-président » are one each."""
    return list(filter(None, map(str.strip, text.split(), repeat(_SIGNS))))


def count_words(text: str) -> int:
    """How many `words` a text has, without making them."""
    pieces = text.split()
    return len(pieces) - len([one for one in pieces if one[0] in _SIGN_SET and not one.strip(_SIGNS)])


@lru_cache(maxsize=2048)
def slugify(name: str) -> str:
    """The slug that WordPress makes of a name: « Économie & Société » -> "economie-societe"."""
    return _NOT_SLUG.sub("-", comparable(name)).strip("-")


# --- Dates -------------------------------------------------------------------------------------------------------
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars mar march",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout aou august aug",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES = {"z": 0, "gmt": 0, "utc": 0, "ut": 0, "cet": 1, "cest": 2}
_ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}  # RFC 2822
_OFFSET = r"(?P<zone>(?:" + "|".join(_ZONES) + r")\b|[+-]\d\d(?::?\d\d)?)?"
_UNKNOWN_ZONE = re.compile(r" ?[a-z]{2,5}$")
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_CLOCK = (
    r"(?:[ ,]*(?:\b(?:a|at|vers)\b|-|–|\||t)? ?(?P<hour>\d{1,2}) ?(?:h|:) ?(?P<minute>\d\d)?(?::(?P<second>\d\d))?"
    r"(?: ?(?P<half>[ap])\.?m\b)? ?" + _OFFSET + ")?"
)
_ISO = re.compile(
    r"(?P<year>-?\d{4,6})[-/](?P<month>\d\d)[-/](?P<day>\d\d)"
    r"(?:[t ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?P<half>(?!))? ?" + _OFFSET + ")?$"
)
_PRINTED = (
    re.compile(r"\b(?P<day>\d{1,2})(?:er|st|nd|rd|th)? " + _MONTH + r",? (?P<year>\d{4})\b" + _CLOCK),
    re.compile(r"\b" + _MONTH + r" (?P<day>\d{1,2})(?:er|st|nd|rd|th)?,? (?P<year>\d{4})\b" + _CLOCK),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})[/.-](?P<month>\d\d)[/.-](?P<year>\d{4})\b" + _CLOCK),
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=48)  # clocks and zones go wrong by hours; a date further ahead is no publication
_RAW_MAX = 200  # characters of a printed date that are looked at


def parse_instant(raw: str, *, site_zone: str, now: datetime) -> Instant:
    """The moment that a string names: ISO 8601, RFC 2822, French or English words, dd/mm/yyyy.

    site_zone   name of the zone for strings without an offset, "Europe/Paris"
    now         aware; a moment before 1990 or more than 48 hours after `now` is not believed
    returns     `at` is None, with a flag, when the string names no believable moment; a day is its first
                second in the site's zone, with precision "day"
    """
    found = _named((clean_line(raw) or "")[:_RAW_MAX], site_zone)
    if found.at is not None and found.at > now + _AHEAD:
        return replace(found, at=None, flag="future")
    return found


@lru_cache(maxsize=1024)  # a page prints the same moment in several places, and so does each list
def _named(shown: str, site_zone: str) -> Instant:
    folded = shown.casefold()
    if not folded.isascii():
        folded = _MARKS.sub("", unicodedata.normalize("NFKD", folded)).replace("\u2212", "-")
    match = _ISO.match(folded) or next((hit for one in _PRINTED if (hit := one.search(folded))), None)
    if match is None or (match["second"] and not match["zone"] and _UNKNOWN_ZONE.match(folded, match.end())):
        return Instant(None, shown, flag="unreadable")
    part = match.groupdict()
    if int(part["year"]) <= 1 or int(part["day"]) == 0 or part["month"] == "00":
        return Instant(None, shown, flag="zero")
    precision = "day" if part["hour"] is None else "minute" if part["second"] is None else "second"
    printed = _printed_zone(part["zone"])
    try:
        at = _moment(part, _zone(part["zone"], site_zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February, 25 o'clock, year 10000, zone +99:00
        return Instant(None, shown, precision, printed, flag="implausible")
    if at < _EARLIEST:
        return Instant(None, shown, precision, printed, flag="implausible")
    return Instant(at, shown, precision, printed)


@lru_cache(maxsize=64)
def _printed_zone(zone: str | None) -> str:
    """How the zone is named in the archive: "+02:00", "GMT", or "site" where none was printed."""
    if zone is None:
        return "site"
    if zone in _ZONES:
        return zone.upper()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


@lru_cache(maxsize=64)
def _zone(zone: str | None, site_zone: str) -> tzinfo:
    if zone is None:
        return ZoneInfo(site_zone)
    if zone in _ZONES:
        return timezone(timedelta(hours=_ZONES[zone]))
    hours, minutes = _printed_zone(zone)[1:].split(":")
    if int(hours) > 14 or int(minutes) > 59:
        raise ValueError(f"no such offset: {zone}")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if zone[0] == "-" else offset)


def _moment(part: dict[str, str | None], zone: tzinfo) -> datetime:
    month, hour = part["month"] or "", int(part["hour"] or 0)
    if part["half"]:
        hour = hour % 12 + (12 if part["half"] == "p" else 0)
    return datetime(
        int(part["year"] or 0),
        int(month) if month.isdigit() else _MONTHS[month],
        int(part["day"] or 0),
        hour,
        int(part["minute"] or 0),
        int(part["second"] or 0),
        tzinfo=zone,
    )


def harmless(text: str) -> str:
    """Text from elsewhere, to be shown: what a terminal would obey or nobody could see is shown as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\u00a0\u202f" else ascii(one)[1:-1] for one in text)
