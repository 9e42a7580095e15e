"""What each element of a body means: a block, words in a line, something embedded, or nothing to read."""

# fmt: off
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LISTS = frozenset(("ol", "ul"))
BLOCKS = HEADINGS | frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figure", "footer", "header", "hgroup", "hr", "html", "li", "main", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))
NAMING = HEADINGS | {"blockquote", "li", "pre", "tr"}  # what a block is called after; anything else is a paragraph
INLINE = frozenset((
    "a", "abbr", "b", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "small",
    "strong", "sub", "sup", "u", "var",
))
EMBEDS = frozenset((
    "amp-iframe", "amp-video", "audio", "embed", "iframe", "object", "video",
))
EMBED_CLASSES = ("wp-block-embed", "twitter-tweet", "twitter-video", "instagram-media", "tiktok-embed", "fb-post")
UNREAD = frozenset((
    "button", "canvas", "datalist", "dialog", "form", "head", "input", "math", "nav", "noscript", "script",
    "select", "style", "svg", "template", "textarea",
))
# fmt: on

PICTURES = frozenset(("amp-img", "img"))
ROLES = {  # what to do at each tag; a tag that is not here is passed through
    **dict.fromkeys(BLOCKS, "block"),
    **dict.fromkeys(INLINE, "inline"),
    **dict.fromkeys(EMBEDS, "embed"),
    **dict.fromkeys(UNREAD, "unread"),
    **dict.fromkeys(PICTURES, "picture"),
    "br": "break",
}
