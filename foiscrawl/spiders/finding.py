"""Where a run looks for articles and how far: the order of the sources, their addresses, when a list is walked on."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from foiscrawl.items import LinkHint, ListingItem, Outcome, OutcomeItem, SectionHint, UrlKind
from foiscrawl.parsing.rest import rest_query
from foiscrawl.recheck import may_be_conditional, next_check, walk_on
from foiscrawl.spiders.arguments import nearest
from foiscrawl.spiders.job import Job
from foiscrawl.spiders.visit import Visit
from foiscrawl.storage import frontier, ledger, queries
from foiscrawl.storage.frontier import Taken
from foiscrawl.text import comparable
from foiscrawl.urls import address_reason, url_key

# Site clocks and ours differ, and a page cache serves the old list for a minute or more after a change.
REST_OVERLAP = timedelta(minutes=10)
LISTS = (UrlKind.SITEMAP, UrlKind.REST, UrlKind.FEED, UrlKind.LISTING)
Kinds = tuple[UrlKind, ...]


class Finder:
    """The finding side of one run.

    complete   a source of the whole site was read to its end in this run: what it told is all there is to know, and
               section pages need not be walked past it
    problem    why the run could not look for articles as it should; None when it could
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.complete = False
        self.problem: str | None = None
        self._entered = False
        self._chosen: dict[str, SectionHint] = {}  # by key of the address, when sections= was given
        self._read: dict[str, UrlKind] = {}  # lists and sources read in this run, by key of the address
        self._gap = False  # a sitemap was not read, or told nothing of its articles' age
        self._backfill_began: datetime | None = None
        self._checks_began: datetime | None = None

    # --- order -------------------------------------------------------------------------------------------------

    async def phases(self) -> AsyncIterator[Kinds]:
        """Kinds of addresses to draw from the frontier, one phase after the other."""
        await self._plant([LinkHint(self.job.home, UrlKind.HOME, "site")])
        yield (UrlKind.HOME,)
        if not self._entered:
            self.problem = f"the front page {self.job.home} could not be read, so nothing else was asked for"
            if not (self.job.site.home_verified or self.job.arguments.home_named):
                self.problem += "; nobody has verified this address: give the right one with -a home=URL"
            return
        archive, run = self.job.archive, self.job.run
        if not self.job.update:
            self._backfill_began = await archive.call(queries.backfill_began, run)
        if not self._chosen:
            async for kinds in self._sources():
                yield kinds
        if self.job.update:
            yield (UrlKind.LISTING,)
            yield (UrlKind.ARTICLE,)
        else:
            yield (UrlKind.ARTICLE, UrlKind.LISTING)
            while await archive.call(frontier.open_outside, run, self.job.now()):
                yield (UrlKind.ARTICLE, *LISTS)
        if not self._read:
            self.problem = "no section page, feed, sitemap or REST list could be read"

    async def _sources(self) -> AsyncIterator[Kinds]:
        """The machine-readable sources. Of a group of alternatives the next is asked when the one before gave nothing.

        A back-fill fetches articles before it turns a page: what has been found is safe before more is looked for. With
        an end given it waits for all sources, since a sitemap does not tell when an article was published.
        """
        waits = self.job.update or self.job.run.until is not None
        sources, first = self.job.site.sources, () if waits else (UrlKind.ARTICLE,)
        own = [one for one in self.job.declared_sitemaps if address_reason(one, self.job.home) is None]
        declared = [[LinkHint(one, UrlKind.SITEMAP, "robots")] for one in own]
        sitemaps = self._groups(sources.sitemaps, UrlKind.SITEMAP)
        rest = self._groups(sources.rest, UrlKind.REST)
        feeds = self._groups(sources.feeds, UrlKind.FEED)
        for groups, kinds in (
            (rest if self.job.update else [], (UrlKind.REST,)),
            (declared or sitemaps, (UrlKind.SITEMAP,)),
            (sitemaps if declared else [], (UrlKind.SITEMAP,)),
            ([] if self.job.update else rest, (*first, UrlKind.REST)),
            (feeds, (*first, UrlKind.FEED)),
        ):
            if groups is sitemaps and UrlKind.SITEMAP in self._read.values():
                continue
            async for one in self._in_turn(groups, kinds):
                yield one
            self.complete = self.complete or (UrlKind.SITEMAP in self._read.values() and not self._gap)

    async def _in_turn(self, groups: Sequence[Sequence[LinkHint]], kinds: Kinds) -> AsyncIterator[Kinds]:
        for turn in range(max(map(len, groups), default=0)):
            open_groups = [
                one for one in groups if turn < len(one) and not any(url_key(h.url) in self._read for h in one)
            ]
            if open_groups and any(await self._plant([one[turn] for one in open_groups])):
                yield kinds

    def _groups(self, paths: Iterable[Iterable[str]], kind: UrlKind) -> list[list[LinkHint]]:
        base = self.job.home
        return [[LinkHint(base + path.lstrip("/"), kind, "site") for path in group] for group in paths]

    async def _plant(self, hints: Sequence[LinkHint]) -> list[bool]:
        return await self.job.archive.call(frontier.plant, self.job.run, hints, self.job.now())

    def due_by(self, kinds: Kinds) -> datetime:
        """Section pages are read before their time when no fuller source was read."""
        early = kinds == (UrlKind.LISTING,) and not self.complete
        return self.job.now() + timedelta(minutes=self.job.site.cadence.listing_minutes if early else 0)

    async def checks(self, limit: int, most: int | None) -> list[Taken]:
        """At most so many stored articles to be looked at again, as the operator wants it."""
        archive, run, wanted = self.job.archive, self.job.run, self.job.arguments.recheck
        if wanted == "all" and self._checks_began is None:
            self._checks_began = await archive.call(queries.checks_began, run)
        most = limit if most is None else min(limit, most)
        if most <= 0:
            return []
        return await archive.call(
            frontier.take_checks, run, most, self.job.now(), not_since=self._checks_began if wanted == "all" else None
        )

    # --- requests ----------------------------------------------------------------------------------------------

    def address(self, taken: Taken) -> str:
        """What is asked for: the address itself, for the first page of REST with the question of this run."""
        if taken.kind is not UrlKind.REST or taken.page > 1:
            return taken.url
        known = taken.modified_at or self.job.run.oldest
        since = known - REST_OVERLAP if self.job.update and known is not None else None
        return rest_query(taken.url, self.job.arguments.mode, since, 1)

    def validators(self, visit: Visit) -> dict[str, str]:
        """Headers that let a feed or sitemap answer 304, and an article of which nothing announces a change."""
        taken = visit.taken
        if taken.kind is UrlKind.ARTICLE:
            if not self._may_be_conditional(visit):
                return {}
        elif taken.kind not in {UrlKind.FEED, UrlKind.SITEMAP} or taken.page > 1 or not self.job.update:
            return {}
        headers = {"If-None-Match": taken.etag, "If-Modified-Since": taken.last_modified}
        return {name: value for name, value in headers.items() if value}

    def _may_be_conditional(self, visit: Visit) -> bool:
        """Of the article's own address: what stands at the end of a redirect or on a further page is another page."""
        taken, now = visit.taken, self.job.now()
        if not taken.by_ladder or visit.redirects or visit.pages.asked:
            return False
        following = next_check(taken.checks_from or now, now, self.job.site.recheck.hours)
        return may_be_conditional(taken.last_full_at, now, following)

    # --- answers -----------------------------------------------------------------------------------------------

    async def enter(self, url: str, sections: Sequence[SectionHint]) -> str | None:
        """The front page names the site: go on from where it answered. Gives what is wrong with sections=, or None."""
        self._entered = True
        self.job.site = replace(self.job.site, home=urljoin(url, urlsplit(url).path or "/"))
        await self.job.archive.call(ledger.verify_site, self.job.run.site_id, self.job.home, self.job.now())
        for wanted in self.job.arguments.sections:
            found = [one for one in sections if comparable(wanted) in _names(one)]
            if not found:
                known = [comparable(one.name).replace(" ", "-") for one in sections]
                return f"there is no section {wanted} in the menu; {nearest(wanted, known)}"
            self._chosen |= {url_key(one.url): one for one in found}
        if self._chosen:  # from now on by the names in the menu, for a section may have been asked for by its address
            names = frozenset(comparable(one.name) for one in self._chosen.values())
            self.job.run = self.job.archive.run = replace(self.job.run, sections=names)
        return None

    def within_sections(self, listing: ListingItem) -> ListingItem:
        """When sections= was given, of the front page only the way to those sections counts."""
        if not self._chosen:
            return listing
        return replace(listing, hints=tuple(one for one in listing.hints if url_key(one.url) in self._chosen))

    async def followed(self, listing: ListingItem, visit: Visit) -> ListingItem:
        """The same with its next page among the hints when the list is to be walked on; notes what was read."""
        taken = visit.taken
        self._read[url_key(taken.url)] = taken.kind
        if taken.kind is UrlKind.SITEMAP:
            articles = [one for one in listing.hints if one.kind is UrlKind.ARTICLE]
            self._gap = self._gap or not listing.complete or any(one.modified is None for one in articles)
            return listing
        if taken.kind is UrlKind.LISTING and taken.section is not None:
            listing = replace(listing, hints=tuple(_in_section(one, taken.section) for one in listing.hints))
        if taken.kind is UrlKind.REST and taken.page == 1 and self.job.update:
            listing = replace(listing, hints=(*listing.hints, *_mark(listing, taken)))
        if self._chosen:
            listed = (one for one in listing.hints if one.found_in in {"listing", "featured"})
            # A card names the article's first section, which is another one when it stands in several.
            listing = replace(listing, hints=tuple(replace(one, section=taken.section) for one in listed))
        if listing.next_page is not None and await self._goes_on(listing, listing.next_page, taken.kind):
            return replace(listing, hints=(*listing.hints, replace(listing.next_page, section=taken.section)))
        # An update walks REST by modification: beyond the page where it may stop, nothing has changed.
        self.complete = self.complete or (taken.kind is UrlKind.REST and self.job.update)
        return listing

    async def _goes_on(self, listing: ListingItem, next_page: LinkHint, kind: UrlKind) -> bool:
        archive, run = self.job.archive, self.job.run
        articles = [one for one in listing.hints if one.kind is UrlKind.ARTICLE]
        learned = await archive.call(frontier.preview, run, articles, self.job.now())
        if not walk_on(learned, update=run.update, feed=kind is UrlKind.FEED, complete_source=self.complete):
            if kind is UrlKind.FEED and learned.before:
                self.complete = True  # it was read back to what was known: nothing lies between
            return False
        if run.update or learned.new or learned.modified or self._backfill_began is None:
            return True
        # A back-fill that was killed goes on where it stood: what it has walked already is not walked again.
        return not await archive.call(queries.was_read_since, run.site_id, url_key(next_page.url), self._backfill_began)

    def closed(self, visit: Visit, status: int, now: datetime) -> ListingItem | OutcomeItem:
        """An answer of 4xx: the end of a list, an article that is gone, or a door that is shut."""
        taken = visit.taken
        if taken.page > 1 and status in {400, 404} and taken.kind is not UrlKind.ARTICLE:
            return ListingItem(fetch=visit.fetch(now))
        self._gap = self._gap or taken.kind is UrlKind.SITEMAP
        outcome = Outcome.GONE if status in {404, 410} else Outcome.REFUSED
        return OutcomeItem(fetch=visit.fetch(now), outcome=outcome, reason=f"http_{status}")

    def not_a_source(self, visit: Visit, reason: str, now: datetime) -> OutcomeItem:
        """It answers with something else: as good as closed."""
        self._gap = self._gap or visit.taken.kind is UrlKind.SITEMAP
        retry_at = now + timedelta(hours=self.job.site.cadence.closed_source_hours)
        return OutcomeItem(
            fetch=visit.fetch(now), outcome=Outcome.FAILED, reason=f"no_source:{reason}", retry_at=retry_at
        )

    def unchanged(self, visit: Visit) -> None:
        """A source or an article answered 304."""
        if visit.taken.kind is not UrlKind.ARTICLE:
            self._read[url_key(visit.taken.url)] = visit.taken.kind


def _names(section: SectionHint) -> set[str]:
    """What an operator may call it: the label, or the last part of its address."""
    slug = urlsplit(section.url).path.rstrip("/").rpartition("/")[2]
    return {comparable(section.name), comparable(slug), comparable(slug.replace("-", " "))}


def _mark(listing: ListingItem, taken: Taken) -> list[LinkHint]:
    """The newest modification that REST announced, by the site's own clock: where the next update goes on from."""
    told = [one.modified for one in listing.hints if one.modified is not None and one.modified.at is not None]
    newest = max(told, key=lambda one: one.at or one.raw, default=None)
    return [LinkHint(taken.url, UrlKind.REST, taken.found_in, modified=newest)] if newest is not None else []


def _in_section(hint: LinkHint, section: str) -> LinkHint:
    """A card of a section page that names no section stands in that of the page."""
    own = hint.section is None and hint.found_in in {"listing", "featured"}
    return replace(hint, section=section) if own else hint
