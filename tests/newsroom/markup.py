"""Blocks to HTML, in the ways in which one site's editors, importers and plugins have written it over the years."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

import random

from tests.newsroom.body import FORM, IFRAME, REUSE, SCRIPT, SHORTCODE, Block, Picture
from tests.newsroom.text import NBSP, escape

_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_PARAGRAPH = {
    "plain": "<p>{}</p>",
    "lemonde": '<p class="article__paragraph ">{}</p>',
    "blocks": '<p class="has-medium-font-size wp-block-paragraph">{}</p>',
    "divs": '<div class="texte" dir="auto">{}</div>',
    "bare": "{}<br /><br />",
}
_SUBHEAD = {
    "plain": "<h3>{}</h3>",
    "lemonde": '<h2 class="article__sub-title">{}</h2>',
    "blocks": '<h2 class="wp-block-heading">{}</h2>',
    "divs": '<div class="texte"><strong>{}</strong></div>',
    "bare": "<h3>{}</h3>",
}
# How each style writes its typography: as characters or as entities.
_ENTITIES = {
    "plain": (("’", "&#8217;"), ("…", "&#8230;"), ("–", "&#8211;"), (f"«{NBSP}", "«&nbsp;"), (f"{NBSP}»", "&nbsp;»")),
    "divs": (("’", "&rsquo;"), (f"«{NBSP}", "&laquo;&nbsp;"), (f"{NBSP}»", "&nbsp;&raquo;")),
}


def render(blocks: list[Block], style: str, base: str, seed: str) -> str:
    """The body's inner HTML. `seed` decides where emphasis and links fall; the text is the blocks' alone."""
    rng = random.Random(f"markup {seed}")
    return "\n".join(_block(one, style, base, rng) for one in blocks)


def _block(block: Block, style: str, base: str, rng: random.Random) -> str:
    if block.kind == "figure" and block.picture is not None:
        return figure(block.picture, base, rng.choice(("plain", "lazy", "background")))
    if block.kind in _PLAIN:
        return _PLAIN[block.kind]
    texts = [_inline(one, style, base, rng) for one in block.texts]
    if block.kind == "paragraph":
        return _PARAGRAPH[style].format(texts[0])
    if block.kind == "subhead":
        return _SUBHEAD[style].format(escape(block.texts[0]))
    if block.kind == "quote":
        return f'<blockquote class="wp-block-quote"><p>{texts[0]}</p></blockquote>'
    if block.kind == "list":
        return "<ul>" + "".join(f"<li>{one}</li>" for one in texts) + "</ul>"
    if block.kind == "table":
        rows = (f"<tr><td>{'</td><td>'.join(escape(one).split(' | '))}</td></tr>" for one in block.texts)
        return f'<figure class="wp-block-table"><table><tbody>{"".join(rows)}</tbody></table></figure>'
    if block.kind == "read-also":
        return _read_also(block.texts[0], style, rng)
    if block.kind == "promo":
        return _promo(block.texts, style)
    if block.kind == "credit":
        return f'<section class="author">{texts[0]}</section>' if style == "lemonde" else f"<p><b>{texts[0]}</b></p>"
    raise ValueError(f"unknown block {block.kind}")


_PLAIN = {
    "script": f'<script data-cfasync="false">{SCRIPT}</script><style>.encart{{color:#a00}}</style>',
    "form": f'<form action="/lettre/" method="post"><label>{FORM}<input type="email" name="e"></label>'
    '<button type="submit">Recevoir la lettre</button></form>',
    "iframe": f'<div class="embed-wrap"><iframe src="{IFRAME}" title="Lecteur" loading="lazy"></iframe></div>',
    "shortcode": f"<p>{SHORTCODE}</p>",
    "reuse": f'<p><a href="https://www.lemonde.fr/syndication/">{REUSE}</a></p>',
}


def _inline(text: str, style: str, base: str, rng: random.Random) -> str:
    """Escaped text with some words set off or linked, ordinals raised, typography as the style writes it."""
    parts = escape(text).split(" ")
    if len(parts) > 12:
        at = rng.randrange(3, len(parts) - 4)
        wrap = rng.choice(
            (
                "<strong>{}</strong>",
                "<em>{}</em>",
                f'<a href="{base}/contacter/">{{}}</a>',
                '<a href="https://exemple.invalid/dossier" target="_blank" rel="noopener">{}</a>',
                "{}",
            )
        )
        parts[at] = wrap.format(parts[at])
    html = " ".join(parts).replace("1er ", "1<sup>er</sup> ")
    for character, entity in _ENTITIES.get(style, ()):
        html = html.replace(character, entity)
    return html


def _read_also(title: str, style: str, rng: random.Random) -> str:
    label = rng.choice(("Lire aussi |", "Lire aussi la chronique |", "Lire aussi :"))
    subscriber = "Article réservé à nos abonnés"
    link = f"https://www.lemonde.fr/article/{rng.randrange(10**6)}.html"
    if style == "lemonde":
        return (
            f'<section class="catcher catcher--inline"><h3 class="catcher__title"><span>{label}</span> '
            f'<a class="js-article-read-also" href="{link}"><span class="sr-only">{subscriber}</span> {escape(title)}'
            "</a></h3></section>"
        )
    return f'<p>{label} <a href="{link}">{subscriber} {escape(title)}</a></p>'


def _promo(texts: tuple[str, ...], style: str) -> str:
    if style == "lemonde":
        inner = "".join(f"<p>{escape(one)}</p>" for one in texts)
        return f'<section class="inread js-services-inread">{inner}</section>'
    tag = "div" if style == "divs" else "p"
    lines = [
        f'<{tag}><a href="https://abo.lemonde.fr/{number}">{escape(one)}</a></{tag}>'
        if number % 4 == 3
        else f"<{tag}>{escape(one)}</{tag}>"
        for number, one in enumerate(texts)
    ]
    return "\n".join(lines)


def figure(picture: Picture, base: str, way: str) -> str:
    """A picture with its caption: a plain img, a lazy one, or the theme's background span."""
    sources = ", ".join(f"{base}{picture.sized(width)} {width}w" for width in (300, 768, 1024))
    alt = escape(picture.alt)
    if way == "lazy":
        img = f'<img class="lazyload" src="{_PIXEL}" data-src="{base}{picture.sized(300)}" data-srcset="{sources}" alt="{alt}" />'
    elif way == "background":
        img = f'<span class="img bg-cover" data-bgsrc="{base}{picture.path}" role="img" aria-label="{alt}"></span>'
    else:
        img = f'<img src="{base}{picture.sized(768)}" srcset="{sources}" width="768" height="432" alt="{alt}" />'
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f'<figure class="wp-block-image size-large">{img}{caption}</figure>'
