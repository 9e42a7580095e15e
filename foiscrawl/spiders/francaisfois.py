"""« Français Fois »: sites/francaisfois.toml says the rest."""

from foiscrawl.spiders.base import SiteSpider


class FrancaisFois(SiteSpider):
    name = "francaisfois"
