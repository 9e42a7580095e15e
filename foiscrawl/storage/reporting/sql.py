"""The questions of the report, as they are run and as they are printed under its plots.

Each is the part `chosen`, which holds the filter and is made by `reporting`, then the parts that the question names,
then the question itself. Where the databases speak differently, a part has one text for each; all else is the same.
"""

from dataclasses import dataclass

# Local time: SQLite knows no time zones, so the changes of the clock are listed (`zone`) and joined; CROSS
# keeps it from reading all articles once for each of them.
LOCAL = {
    "sqlite": """\
local AS (
    SELECT chosen.*, strftime('%Y-%m-%dT%H:%M', published_at, zone.minutes || ' minutes') AS local_at,
        (strftime('%w', published_at, zone.minutes || ' minutes') + 6) % 7 + 1 AS weekday
    FROM chosen CROSS JOIN zone WHERE published_at >= zone.from_at AND published_at < zone.to_at
)""",
    "postgresql": """\
local AS (
    SELECT chosen.*, to_char(published_at AT TIME ZONE :zone, 'YYYY-MM-DD"T"HH24:MI') AS local_at,
        CAST(extract(isodow FROM published_at AT TIME ZONE :zone) AS integer) AS weekday
    FROM chosen WHERE published_at IS NOT NULL
)""",
}
# Seconds from publication to the look that first saw the edit.
EDITS = {
    "sqlite": """\
edits AS (
    SELECT revisions.article_id, revisions.kind,
        CAST(strftime('%s', captured_at) AS integer) - CAST(strftime('%s', chosen.published_at) AS integer) AS seconds
    FROM revisions JOIN chosen ON chosen.id = revisions.article_id
    WHERE revisions.number > 1
)""",
    "postgresql": """\
edits AS (
    SELECT revisions.article_id, revisions.kind,
        CAST(extract(epoch FROM captured_at - chosen.published_at) AS bigint) AS seconds
    FROM revisions JOIN chosen ON chosen.id = revisions.article_id
    WHERE revisions.number > 1
)""",
}
# Hours from the beginning of the run before; the moments of the view are text.
RUNS = {
    "sqlite": """\
gaps AS (
    SELECT began.*, (julianday(started_at) - julianday(lag(started_at) OVER (PARTITION BY site ORDER BY started_at)))
        * 24 AS hours
    FROM began
)""",
    "postgresql": """\
gaps AS (
    SELECT began.*, CAST(extract(epoch FROM CAST(started_at AS timestamptz) - CAST(lag(started_at)
        OVER (PARTITION BY site ORDER BY started_at) AS timestamptz)) AS double precision) / 3600 AS hours
    FROM began
)""",
}
# An agency is credited when its name stands in the credit as words of their own, in these letters.
CREDITED = """\
agencies(agency, words) AS (VALUES
    ('AFP', ' AFP '), ('AFP', ' Agence France Presse '), ('Reuters', ' Reuters '), ('Reuters', ' REUTERS '),
    ('AP', ' AP '), ('AP', ' Associated Press '), ('Bloomberg', ' Bloomberg '), ('Belga', ' Belga '),
    ('Keystone-ATS', ' ATS '), ('ANSA', ' ANSA '), ('EFE', ' EFE '), ('dpa', ' dpa '), ('dpa', ' DPA '),
    ('TASS', ' TASS '), ('Xinhua', ' Xinhua '), ('Anadolu', ' Anadolu '), ('MAP', ' MAP '), ('APS', ' APS ')
),
spaced AS (
    SELECT id, credit, ' ' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        credit, '/', ' '), ',', ' '), '(', ' '), ')', ' '), '-', ' '), '.', ' '), ';', ' '), '’', ' '), '''', ' '),
        '\u00a0', ' ') || ' ' AS words
    FROM chosen
),
credited AS (
    SELECT DISTINCT spaced.id, agencies.agency
    FROM spaced JOIN agencies ON replace(spaced.words, agencies.words, '') <> spaced.words
)"""
KINDS = "kinds(kind) AS (VALUES ('headline'), ('standfirst'), ('body'), ('correction'), ('byline'), ('credit'), \
('published'), ('restored'))"
# From when to when.
PERIODS = {
    "chosen": "SELECT min(published_at), max(published_at) FROM chosen",
    "began": "SELECT min(started_at), max(started_at) FROM began",
}
# The day, week (its Monday) or month of a moment or day, both of which are text.
STEPS = {
    "day": {"sqlite": "substr({0}, 1, 10)", "postgresql": "substr({0}, 1, 10)"},
    "week": {
        "sqlite": "strftime('%Y-%m-%d', {0}, '-6 days', 'weekday 1')",
        "postgresql": "to_char(date_trunc('week', CAST(substr({0}, 1, 10) AS date)), 'YYYY-MM-DD')",
    },
    "month": {"sqlite": "substr({0}, 1, 7)", "postgresql": "substr({0}, 1, 7)"},
}
DELAYS = (
    "before",
    "0-1 h",
    "1-2 h",
    "2-4 h",
    "4-8 h",
    "8-24 h",
    "1-2 d",
    "2-4 d",
    "4-8 d",
    "8-30 d",
    "30-90 d",
    "90 d +",
)
STATES = ("suspected", "held", "removed", "withdrawn", "returned")
OUTCOMES = ("done", "degraded", "interrupted", "failed", "crashed", "running")
COVERED = ("stored", "left_aside", "refused", "gone", "no_article", "failed", "missing")


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the archive. `parts` are what its WITH names.

    by   what its steps are made of, for {step} in the text: days, weeks or months of this column
    of   the period that decides which of these: that of publication, or that of the runs
    """

    key: str
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    text: str
    by: str = "local_at"
    of: str = "published"


QUESTIONS = (
    Question(
        "totals",
        ("chosen",),
        ("articles", "undated", "revisions", "missing", "first", "last"),
        """\
SELECT count(*) AS articles, count(*) - count(published_at) AS undated, coalesce(sum(revision_count), 0) AS revisions,
    count(CASE WHEN state <> 'live' THEN 1 END) AS missing, {first} AS first, {last} AS last
FROM chosen""",
    ),
    Question(
        "days",
        ("chosen", "local"),
        ("day", "articles"),
        """\
SELECT substr(local_at, 1, 10) AS day, count(*) AS articles
FROM local GROUP BY 1 ORDER BY 1""",
    ),
    Question(
        "sections",
        ("chosen", "local"),
        ("step", "section", "articles"),
        """\
SELECT {step} AS step, section, count(*) AS articles
FROM local GROUP BY 1, 2 ORDER BY 1, 2""",
    ),
    Question(
        "hours",
        ("chosen", "local"),
        ("weekday", "hour", "articles"),
        """\
SELECT weekday, CAST(substr(local_at, 12, 2) AS integer) AS hour, count(*) AS articles
FROM local WHERE published_precision <> 'day' GROUP BY 1, 2 ORDER BY 1, 2""",
    ),
    Question(
        "kinds",
        ("chosen", "edits", "kinds"),
        ("kind", "edits"),
        """\
SELECT kinds.kind, count(edits.kind) AS edits
FROM kinds LEFT JOIN edits ON ',' || edits.kind || ',' LIKE '%,' || kinds.kind || ',%'
GROUP BY 1
UNION ALL SELECT 'not graded', count(*) FROM edits WHERE kind IS NULL
ORDER BY 2 DESC, 1""",
    ),
    Question(
        "delays",
        ("chosen", "edits"),
        ("place", "edits"),
        """\
SELECT CASE WHEN seconds < 0 THEN 0 WHEN seconds < 3600 THEN 1 WHEN seconds < 7200 THEN 2 WHEN seconds < 14400 THEN 3
    WHEN seconds < 28800 THEN 4 WHEN seconds < 86400 THEN 5 WHEN seconds < 172800 THEN 6 WHEN seconds < 345600 THEN 7
    WHEN seconds < 691200 THEN 8 WHEN seconds < 2592000 THEN 9 WHEN seconds < 7776000 THEN 10 ELSE 11 END AS place,
    count(*) AS edits
FROM edits WHERE seconds IS NOT NULL GROUP BY 1 ORDER BY 1""",
    ),
    Question(
        "edited",
        ("chosen", "local"),
        ("step", "articles", "edited"),
        """\
SELECT {step} AS step, count(*) AS articles, count(CASE WHEN revision_count > 1 THEN 1 END) AS edited
FROM local GROUP BY 1 ORDER BY 1""",
    ),
    Question(
        "removals",
        ("chosen",),
        ("step", "state", "removals"),
        """\
SELECT {step} AS step, removed_articles.state, count(*) AS removals
FROM removed_articles JOIN chosen ON chosen.id = removed_articles.article_id
GROUP BY 1, 2 ORDER BY 1, 2""",
        "first_failed_at",
        "runs",
    ),
    Question(
        "agencies",
        ("chosen", "credited"),
        ("agency", "articles"),
        """\
SELECT agency, count(*) AS articles FROM credited GROUP BY 1
UNION ALL SELECT 'credit that names none of these', count(*) FROM chosen
    WHERE credit IS NOT NULL AND id NOT IN (SELECT id FROM credited)
UNION ALL SELECT 'no credit', count(*) FROM chosen WHERE credit IS NULL
ORDER BY 2 DESC, 1""",
    ),
    Question(
        "credits",
        ("chosen",),
        ("credit", "articles"),
        """\
SELECT credit, count(*) AS articles FROM chosen WHERE credit IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15""",
    ),
    Question(
        "copies",
        ("chosen", "local"),
        ("step", "copy", "articles"),
        """\
SELECT {step} AS step, copy, count(*) AS articles
FROM local WHERE copy IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2""",
    ),
    Question(
        "coverage",
        ("covered",),
        ("step", *COVERED),
        """\
SELECT {step} AS step, sum(stored) AS stored, sum(left_aside) AS left_aside, sum(refused) AS refused,
    sum(gone) AS gone, sum(no_article) AS no_article, sum(failed) AS failed, sum(missing) AS missing
FROM covered GROUP BY 1 ORDER BY 1""",
        "day",
    ),
    Question(
        "runs",
        ("began",),
        ("step", "outcome", "runs"),
        """\
SELECT {step} AS step, outcome, count(*) AS runs
FROM began GROUP BY 1, 2 ORDER BY 1, 2""",
        "started_at",
        "runs",
    ),
    Question(
        "gaps",
        ("began", "gaps"),
        ("step", "hours"),
        """\
SELECT {step} AS step, max(hours) AS hours
FROM gaps WHERE hours IS NOT NULL GROUP BY 1 ORDER BY 1""",
        "started_at",
        "runs",
    ),
    Question(
        "traffic",
        ("began", "sent"),
        ("step", "runs", "requests", "bytes"),
        """\
SELECT {step} AS step, count(*) AS runs, CAST(coalesce(sum(requests), 0) AS bigint) AS requests,
    CAST(coalesce(sum(size), 0) AS bigint) AS bytes
FROM began LEFT JOIN sent ON sent.run_id = began.run_id
GROUP BY 1 ORDER BY 1""",
        "started_at",
        "runs",
    ),
    Question(
        "health",
        ("began",),
        ("runs", "taken", "silent"),
        """\
SELECT count(*) AS runs, CAST(coalesce(sum(taken), 0) AS bigint) AS taken,
    CAST(coalesce(sum(silent), 0) AS bigint) AS silent
FROM began""",
    ),
)
SENT = """\
sent AS (
    SELECT run_id, sum(requests) AS requests, sum(size) AS size FROM fetches GROUP BY 1
)"""
