"""The sections in the order of the menu, and the pages of the house that are no articles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    id: int
    slug: str
    name: str
    group: str | None = None  # the menu label it hangs under; that label itself leads nowhere


MENU_GROUP = "Plus"

SECTIONS = (
    Section(2, "actualites", "Actualités"),
    Section(3, "international", "International"),
    Section(4, "politique", "Politique"),
    Section(5, "societe", "Société"),
    Section(6, "high-tech", "High-Tech"),
    Section(7, "economie", "Economie"),
    Section(8, "divertissement", "Divertissement"),
    Section(9, "culture", "Culture"),
    Section(10, "justice", "Justice"),
    Section(11, "police", "Police"),
    Section(12, "education", "Education", MENU_GROUP),
    Section(13, "communique-de-presse", "Communiqué de Presse", MENU_GROUP),
    Section(14, "mondial", "Mondial", MENU_GROUP),
)
UNCATEGORISED = Section(1, "non-classe", "Non classé")  # stands in no menu
BY_SLUG = {one.slug: one for one in (*SECTIONS, UNCATEGORISED)}

HOUSE_PAGES = {  # slug -> title; WordPress "pages", in the same flat namespace as the articles
    "politique-de-confidentialite": "Politique de Confidentialité",
    "termes-et-conditions": "Termes et Conditions",
    "contacter": "Contacter",
}
