"""The words of a question in SQL: where it ends, which parameters it has, which functions it calls.

It need not understand SQL, only tell words from texts and comments exactly as the database does: what stands in a text
is harmless, what stands outside is not. Where the two databases differ, `postgres` says which one is meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foiscrawl.errors import UsageError

LONGEST = 100_000  # characters of a question
_STARTS = ("select", "with", "values", "table", "explain")
_IDENTIFIER = r"[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*"
_COMMON = r"""
    (?P<parameter> :[A-Za-z_]\w* )
  | (?P<number> (?: \d[\d_]*\.?[\d_]* | \.\d+ ) (?: [eE][+-]?\d+ )? )
  | (?P<other> ::+ | := | . )
"""
_SQLITE = rf"""
    (?P<space> [ \t\n\r\f]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<text> '(?:[^']|'')*' )
  | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<foreign> \?\d* | [@$][A-Za-z_]\w* )
  | (?P<word> {_IDENTIFIER} )
  | {_COMMON}
"""
_POSTGRES = rf"""
    (?P<space> [ \t\n\r\f\v]+ | --[^\n\r]* )
  | (?P<comment> /\* )
  | (?P<text> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*'
            | \$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$ )
  | (?P<escaped> [uU]&(?=["']) )
  | (?P<quoted> "(?:[^"]|"")*" )
  | (?P<foreign> \$\d+ )
  | (?P<word> {_IDENTIFIER} )
  | {_COMMON}
"""
_FLAGS = re.VERBOSE | re.DOTALL | re.ASCII
_PATTERNS = {False: re.compile(_SQLITE, _FLAGS), True: re.compile(_POSTGRES, _FLAGS)}
_COMMENT_MARK = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is a group of the pattern; `name` of a word or a quoted name is as the database looks it up."""

    kind: str
    start: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One statement that begins like a question.

    text        without what follows its semicolon
    words       its tokens, without space and comments
    parameters  names in the order of their first use
    explained   of an EXPLAIN, where the statement that is explained begins; else None
    """

    text: str
    words: tuple[Token, ...]
    parameters: tuple[str, ...]
    explained: int | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every word, and every quoted name."""
        return frozenset(one.name for one in self.words if one.kind in ("word", "quoted"))

    @property
    def called(self) -> frozenset[str]:
        """Names that may be those of functions: before a parenthesis, or behind a dot."""
        found = set()
        for number, one in enumerate(self.words):
            if one.kind in ("word", "quoted"):
                after = self.words[number + 1].text if number + 1 < len(self.words) else ""
                if after == "(" or (number and self.words[number - 1].text == "."):
                    found.add(one.name)
        return frozenset(found)

    def numbered(self) -> str:
        """The text with $1, $2 ... in the places of the parameters."""
        parts, last = [], 0
        for one in self.words:
            if one.kind == "parameter":
                parts += [self.text[last : one.start], f"${self.parameters.index(one.text[1:]) + 1}"]
                last = one.start + len(one.text)
        return "".join([*parts, self.text[last:]])


def read_question(sql: str, *, postgres: bool) -> Question:
    """Raises UsageError where `sql` is not one statement that begins like a question."""
    if len(sql) > LONGEST:
        raise UsageError(f"the question is {len(sql):,} characters long; at most {LONGEST:,} are read")
    if "\0" in sql:
        raise UsageError("the question holds a NUL character")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise UsageError("the question is not UTF-8") from None
    words = [one for one in _tokens(sql, postgres=postgres) if one.kind != "space"]
    end = next((number for number, one in enumerate(words) if one.text == ";"), len(words))
    behind = [one for one in words[end:] if one.text != ";"]
    text = sql if end == len(words) else sql[: words[end].start]
    words = words[:end]
    if not words and not behind:
        empty = "empty" if not sql.strip(" \t\r\n;") else "only a comment"
        raise UsageError(f"the question is {empty}; it begins with SELECT")
    if behind:
        raise UsageError(f"one question at a time: a second statement begins with {_shown(behind[0])}")
    _check_start(words, postgres=postgres)
    parameters = tuple(dict.fromkeys(one.text[1:] for one in words if one.kind == "parameter"))
    return Question(text, tuple(words), parameters, _explained(words))


def check_values(question: Question, values: Mapping[str, str]) -> None:
    """Raises UsageError that names a parameter without a value, or a value without a parameter."""
    for one in question.parameters:
        if one not in values:
            raise UsageError(f"the parameter :{one} has no value; give one with -p {one}=VALUE")
    for one in values:
        if one not in question.parameters:
            known = ", ".join(f":{name}" for name in question.parameters)
            raise UsageError(f"the question has no parameter :{one}" + (f"; it has {known}" if known else ""))
        if "\0" in values[one]:
            raise UsageError(f"the value of :{one} holds a NUL character")
        try:
            values[one].encode()
        except UnicodeEncodeError:
            raise UsageError(f"the value of :{one} is not UTF-8") from None


def _tokens(sql: str, *, postgres: bool) -> Iterator[Token]:
    pattern, at = _PATTERNS[postgres], 0
    last = ""
    while at < len(sql):
        found = pattern.match(sql, at)
        assert found is not None  # `other` takes any character
        kind, text = str(found.lastgroup), found[0]
        if kind == "tag":
            kind = "text"
        if kind == "comment":
            kind, text = "space", sql[at : _end_of_comment(sql, at)]
        _check(kind, text, last, postgres=postgres)
        yield Token(kind, at, text, _name(kind, text, postgres=postgres))
        at += len(text)
        last = last if kind == "space" else kind


def _check(kind: str, text: str, last: str, *, postgres: bool) -> None:
    if text in ("'", '"', "`", "[") and not (postgres and text in ("`", "[")):
        raise UsageError(f"a {text} is never closed in the question")
    if kind == "escaped":
        raise UsageError("texts and names with U& are not read here; write the letters themselves")
    if kind == "foreign":
        raise UsageError(f"parameters are written as :name; {text} is not read")
    if kind == "text" and last == "text" and postgres:  # the second goes on in the manner of the first
        raise UsageError("two texts stand side by side; write them as one, or join them with ||")


def _name(kind: str, text: str, *, postgres: bool) -> str:
    if kind == "word":
        return text.lower()
    if kind == "quoted":
        inner = text[1:-1].replace(text[-1] * 2, text[-1])
        return inner if postgres else inner.lower()
    return ""


def _end_of_comment(sql: str, start: int) -> int:
    """PostgreSQL's comments hold comments."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    raise UsageError("a comment is never closed in the question")


def _check_start(words: list[Token], *, postgres: bool) -> None:
    first = next((one for one in words if one.text != "("), words[0])
    starts = _STARTS if postgres else tuple(one for one in _STARTS if one != "table")
    if first.name not in starts or first.kind != "word":
        allowed = ", ".join(one.upper() for one in starts[:-1])
        raise UsageError(f"a question begins with {allowed} or EXPLAIN, not with {_shown(first)}")


def _explained(words: list[Token]) -> int | None:
    """Where the statement behind EXPLAIN and its options begins."""
    if words[0].name != "explain":
        return None
    at = 1
    if len(words) > 2 and words[1].text == "(" and words[2].name not in _STARTS and words[2].text != "(":
        while at < len(words) and words[at].text != ")":
            at += 1
        at += 1
    while at < len(words) and words[at].name in ("analyze", "analyse", "verbose", "query", "plan"):
        at += 1
    if at >= len(words):
        raise UsageError("EXPLAIN explains nothing; a question follows it")
    return words[at].start


def _shown(token: Token) -> str:
    return token.text[:40].upper() if token.kind == "word" else token.text[:40]
