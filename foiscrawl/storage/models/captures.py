"""Where the raw responses stand: one row for each answer in the WARC files."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, UniqueConstraint

from foiscrawl.storage.columns import count, moment, one_of, ref, row_id, string
from foiscrawl.storage.models.base import metadata

CAPTURE_RECORDS = ("response", "revisit")

captures = Table(
    "captures",
    metadata,
    row_id(),
    ref("run_id", "runs", "Run that made it", index=True),
    ref("fetch_id", "fetches", "Fetch that it belongs to"),
    count("position", "Its place among the answers of the fetch, from 1: redirects, retries and further pages", 1),
    string("url", "Address that was asked for", nullable=False),
    moment("captured_at", "When the answer came"),
    Column("status", Integer, nullable=False, comment="HTTP status"),
    string(
        "record",
        "response (the payload stands here) or revisit (that of an earlier one came again, or a 304 says it is the "
        "same)",
        nullable=False,
    ),
    string("record_id", "WARC-Record-ID, without urn:uuid:", nullable=False),
    string("file", "WARC file, relative to the folder of captures", nullable=False),
    Column("record_offset", BigInteger, nullable=False, comment="Byte in the file at which the record begins"),
    Column("record_length", BigInteger, nullable=False, comment="Bytes of the record in the file, compressed"),
    count("request_length", "Bytes of the request record, which follows it in the file"),
    string("digest", "Digest of the payload as it was sent, as the record names it", nullable=False, index=True),
    string("record_digest", "SHA-256 of the bytes of both records in the file", nullable=False),
    ref("refers_to_id", "captures", "The capture that holds the payload of a revisit", nullable=True),
    string("truncated", "Why the payload is not whole: length, time or disconnect; NULL: it is whole"),
    UniqueConstraint("fetch_id", "position"),
    one_of("record", CAPTURE_RECORDS),
    CheckConstraint("(record = 'revisit') = (refers_to_id IS NOT NULL)", name="revisit"),
    comment="Raw responses, one row for each answer that came: WARC record response or revisit",
)
