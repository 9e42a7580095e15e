"""What an article is made of: blocks with the text that a reader sees, before any markup.

`compose` is a pure function of the article, so nothing of the body is kept in memory and edits are replayed.
"""

from dataclasses import dataclass, replace
from unicodedata import normalize

from tests.newsroom.model import ZONE, Article
from tests.newsroom.text import Writer, change_words, texturise, title_text

PROMO_RUN = (
    "Le Monde Mémorable",
    "Testez votre culture générale avec la rédaction du « Monde »",
    "Testez votre culture générale avec la rédaction du « Monde »",
    "Découvrir",
    "Newsletter",
    "« A la une »",
    "Chaque matin, parcourez l’essentiel de l’actualité du jour avec les derniers titres du « Monde »",
    "S’inscrire",
    "Le Monde Application",
    "La Matinale du Monde",
    "Chaque matin, retrouvez notre sélection de 20 articles à ne pas manquer",
    "Télécharger l’application",
    "Newsletter abonnés",
    "« International »",
    "L’essentiel de l’actualité internationale de la semaine",
    "S’inscrire",
)
REUSE = "Réutiliser ce contenu"
SHORTCODE = '[bloc_sondage id="4127" titre="Votre avis"]'
SCRIPT = "var regieInterne = {emplacement: 'corps'};"
FORM = "Votre adresse électronique pour la lettre du soir"
IFRAME = "https://video.invalid/lecteur/981"
CORRECTIONS = (
    "Rectificatif\u00a0: ",
    "Correction, le 3 octobre à 14 heures\u00a0: ",
    "Erratum\u00a0: ",
    "Mise à jour le 4 octobre à 9 heures\u00a0: ",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """`path` is the full-size file on the site; the page may show a smaller one of the same."""

    path: str
    role: str  # "featured" or "body"
    caption: str | None = None
    alt: str = ""

    def sized(self, width: int) -> str:
        stem, ending = self.path.rsplit(".", 1)
        return f"{stem}-{width}x{width * 9 // 16}.{ending}"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a body. Kinds that a reader reads: paragraph, subhead, quote, list, table, credit.

    Noise: read-also, promo, reuse, script, form, iframe, shortcode. Pictures: figure.
    `texts` has one entry per paragraph; a table's row is one, its cells joined by " | ".
    """

    kind: str
    texts: tuple[str, ...] = ()
    picture: Picture | None = None


READ = ("paragraph", "subhead", "quote", "list", "table")
NOISE = ("read-also", "promo", "reuse", "script", "form", "iframe", "shortcode")


def featured_picture(article: Article) -> Picture:
    folder = f"{article.published.astimezone(ZONE):%Y/%m}"
    caption = Writer(f"caption {article.text_seed}").sentence() if article.id % 3 == 0 else None
    return Picture(
        f"/wp-content/uploads/{folder}/photo-{article.id}.jpg", "featured", caption, title_text(article.headline)
    )


def excerpt(article: Article) -> str:
    """What the editor wrote for lists and search engines; its sentence is not in the body."""
    return Writer(f"excerpt {article.text_seed}").sentence()


def compose(article: Article, long_bytes: int = 0) -> list[Block]:
    """The blocks of an article in reading order, edits done."""
    if article.paragraphs is not None:
        blocks = [Block("paragraph", (texturise(one),)) for one in article.paragraphs]
    elif article.kind in ("picture-only", "embed-only"):
        return _without_text(article)
    else:
        writer = Writer(article.text_seed)
        blocks = _short(writer) if article.kind == "very-short" else _usual(article, writer, long_bytes)
    if article.oddity == "decomposed":
        blocks = [replace(one, texts=tuple(normalize("NFD", text) for text in one.texts)) for one in blocks]
    if article.changed:
        blocks = [_changed(one, article, number) for number, one in enumerate(blocks)]
    for number, kind in enumerate(article.body_edits):
        blocks = _edited(blocks, kind, f"{article.text_seed} {number}")
    if article.credit:
        blocks.append(Block("credit", (article.credit,)))
    if article.kind != "very-short" and article.paragraphs is None:
        blocks.append(Block("reuse", (REUSE,)))
    return blocks


def split_pages(article: Article, blocks: list[Block]) -> list[list[Block]]:
    """The pages of the article: three for "multi-page", else one."""
    if article.kind != "multi-page":
        return [blocks]
    third = len(blocks) // 3
    return [blocks[:third], blocks[third : 2 * third], blocks[2 * third :]]


def _without_text(article: Article) -> list[Block]:
    if article.kind == "embed-only":
        return [Block("iframe")]
    writer = Writer(article.text_seed)
    return [Block("figure", picture=_picture(article, writer, number)) for number in range(5)]


def _short(writer: Writer) -> list[Block]:
    return [Block("paragraph", (writer.sentence(),))]


def _usual(article: Article, writer: Writer, long_bytes: int) -> list[Block]:
    """An article like those of the site: noise inside, the promo run before the last real paragraph."""
    rng = writer.rng
    count = rng.randint(6, 11)
    blocks = [Block("paragraph", (writer.paragraph(),)) for _ in range(count)]
    size = sum(len(one.texts[0]) for one in blocks)
    while size < long_bytes and article.kind == "long":
        blocks.insert(-1, Block("paragraph", (writer.paragraph(5),)))
        size += len(blocks[-2].texts[0])
    extras = [
        Block("read-also", (f"{writer.headline()}",)),
        Block("subhead", (writer.subhead(),)),
        Block("read-also", (f"{writer.headline()}",)),
        Block("subhead", (writer.subhead(),)),
    ]
    if rng.random() < 0.4:
        extras.append(Block("quote", (writer.quote(),)))
    if rng.random() < 0.3:
        extras.append(Block("list", tuple(writer.noun_phrase() for _ in range(rng.randint(2, 5)))))
    if rng.random() < 0.2:
        extras.append(Block("table", tuple(f"{writer.place()} | {writer.number()}" for _ in range(4))))
    if rng.random() < 0.5:
        extras.append(Block("figure", picture=_picture(article, writer, 1)))
    extras += [Block(kind) for kind in ("script", "form", "iframe", "shortcode") if rng.random() < 0.25]
    places = sorted(rng.sample(range(1, count), min(len(extras), count - 1)), reverse=True)
    for place, extra in zip(places, extras, strict=False):
        blocks.insert(place, extra)
    if rng.random() < 0.8:
        blocks.insert(len(blocks) - 1, Block("promo", PROMO_RUN))
    if rng.random() < 0.5:
        blocks.append(Block("read-also", (writer.headline(),)))
    return blocks


def _picture(article: Article, writer: Writer, number: int) -> Picture:
    folder = f"{article.published.astimezone(ZONE):%Y/%m}"
    path = f"/wp-content/uploads/{folder}/photo-{article.id}-{number}.jpg"
    return Picture(path, "body", writer.sentence() if number % 2 else None, writer.subhead())


def _changed(block: Block, article: Article, number: int) -> Block:
    if block.kind != "paragraph":
        return block
    text = change_words(block.texts[0], article.changed, f"{article.id} {number}")
    return replace(block, texts=(text,))


def _edited(blocks: list[Block], kind: str, seed: str) -> list[Block]:
    writer = Writer(f"edit {seed}")
    paragraphs = [number for number, one in enumerate(blocks) if one.kind == "paragraph"]
    if kind == "correction":
        note, end = f"{writer.rng.choice(CORRECTIONS)}{writer.sentence()}", paragraphs[-1] + 1
        return [*blocks[:end], Block("paragraph", (note,)), *blocks[end:]]
    place = writer.rng.choice([one for one in paragraphs if not blocks[one].texts[0].startswith(CORRECTIONS)])
    text = blocks[place].texts[0]
    if kind == "paragraph":
        return [*blocks[:place], Block("paragraph", (writer.paragraph(),)), *blocks[place:]]
    if kind == "cut":
        return [*blocks[:place], *blocks[place + 1 :]]
    if kind == "sentence":
        text = f"{text} {writer.sentence()}"
    else:
        at = writer.rng.choice([number for number, one in enumerate(text) if one.isascii() and one.isalpha()])
        text = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
    return [*blocks[:place], replace(blocks[place], texts=(text,)), *blocks[place + 1 :]]
