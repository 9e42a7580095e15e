"""WARC 1.1 records (ISO 28500): an exchange as bytes of a file, and back.

Each record is a gzip member of its own. The block is what went over the wire, but for what Scrapy does not hand on: the
names of the headers are spelt its way, the answer's reason phrase is left empty, and Transfer-Encoding and Connection
are missing, since the transfer coding is undone.
"""

import hashlib
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from warcio.recordbuilder import RecordBuilder
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from zlib_ng import zlib_ng

from foiscrawl.items import Exchange

VERSION = "1.1"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
# Levels of gzip. Most bodies are compressed already: to try again takes longer than all else that a record takes, and
# saves 0.2 %. For the others level 2 takes a fifth of the time of level 9 and gives a seventh more bytes.
STORED, FAST = 0, 2
_GZIP = zlib_ng.MAX_WBITS | 16
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # no time, no flags, unknown system
_END = b"\r\n\r\n"  # of headers, and of a record
_builder = RecordBuilder(warc_version=VERSION)


@dataclass(frozen=True, slots=True)
class Original:
    """The capture whose payload came again, or need not come: its row, its WARC-Record-ID, address, moment, digest."""

    id: int
    record_id: str
    url: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Made:
    """An exchange as two gzip members: the response or revisit record, and the request record."""

    record_id: str
    response: bytes
    request: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read: its WARC headers (names in lower case) and its block."""

    headers: Mapping[str, str]
    block: bytes

    @property
    def type(self) -> str:
        return self.headers.get("warc-type", "")

    @property
    def record_id(self) -> str:
        return self.headers.get("warc-record-id", "").removeprefix("<urn:uuid:").removesuffix(">")


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def date(at: datetime) -> str:
    """Whole seconds, as the database has them: a revisit names the date of its original by the row."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- making ----------------------------------------------------------------------------------------------------------


def make(exchange: Exchange, payload_digest: str, original: Original | None = None) -> Made:
    """The records of an exchange. original: the payload stands there already, so that it is not written again."""
    record_id, at = str(uuid.uuid4()), date(exchange.at)
    head = _Head(f"{exchange.status} ", list(exchange.response), exchange.protocol)
    told = {
        "WARC-Record-ID": f"<urn:uuid:{record_id}>",
        "WARC-Date": at,
        "WARC-Block-Digest": digest(head.to_ascii_bytes() + (b"" if original else exchange.body)),
    }
    if exchange.truncated is not None:
        told["WARC-Truncated"] = exchange.truncated
    if original is None:
        told["WARC-Payload-Digest"] = payload_digest
        record = _record(exchange.url, "response", exchange.body, head, told)
    else:
        told["WARC-Refers-To"] = f"<urn:uuid:{original.record_id}>"
        record = _builder.create_revisit_record(
            exchange.url, original.digest, original.url, date(original.at), head, told
        )
        if exchange.status == 304:  # nothing came; warcio knows only the profile of the same payload
            record.rec_headers.replace_header("WARC-Profile", NOT_MODIFIED)
    asked = _Head(f"GET {_target(exchange.url)} HTTP/1.1", list(exchange.request), is_http_request=True)
    of_request = {
        "WARC-Date": at,
        "WARC-Concurrent-To": f"<urn:uuid:{record_id}>",
        "WARC-Block-Digest": digest(asked.to_ascii_bytes()),
        "WARC-Payload-Digest": digest(b""),
    }
    request = _record(exchange.url, "request", b"", asked, of_request)
    encoded = any(name.lower() == "content-encoding" for name, _ in exchange.response)
    level = STORED if encoded and original is None else FAST
    return Made(record_id, _compressed(_written(record), level), _compressed(_written(request), FAST))


def warcinfo(file: str, at: datetime, info: Mapping[str, str]) -> bytes:
    """The first record of a file, in a gzip member that is not compressed: see `stored`."""
    block = "".join(f"{name}: {value}\r\n" for name, value in info.items() if value).encode()
    told = {"WARC-Date": date(at), "WARC-Filename": file, "WARC-Block-Digest": digest(block)}
    return stored(_written(_record("", "warcinfo", block, None, told)))


def _compressed(record: bytes, level: int) -> bytes:
    squeeze = zlib_ng.compressobj(level, zlib_ng.DEFLATED, _GZIP)
    return squeeze.compress(record) + squeeze.flush()


def stored(record: bytes) -> bytes:
    """A gzip member without compression, of which each single byte follows from the record.

    No row of the database has the digest of a warcinfo record, and the checksum of gzip does not cover every bit.
    """
    size = struct.pack("<HH", len(record), len(record) ^ 0xFFFF)
    return _GZIP_HEAD + b"\x01" + size + record + struct.pack("<LL", zlib_ng.crc32(record), len(record))


class _Head(StatusAndHeaders):  # type: ignore[misc]
    """First line and headers; warcio would percent-encode bytes beyond ASCII, which nobody sent so."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        return bytes(self.to_str(filter_func).encode("latin-1")) + b"\r\n"


def _record(url: str, type_: str, payload: bytes, head: _Head | None, told: dict[str, str]) -> Any:
    return _builder.create_warc_record(
        url, type_, BytesIO(payload), len(payload), warc_headers_dict=told, http_headers=head
    )


def _written(record: Any) -> bytes:
    out = BytesIO()
    WARCWriter(out, gzip=False, warc_version=VERSION).write_record(record)
    return out.getvalue()


def _target(url: str) -> str:
    """What stands in the first line of a request."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


# --- reading ---------------------------------------------------------------------------------------------------------


def split(data: bytes) -> tuple[bytes, int]:
    """The content of the gzip member at the beginning of these bytes, and its length there.

    Raises ValueError when it is none or is not whole.
    """
    inflate = zlib_ng.decompressobj(_GZIP)
    try:
        content = inflate.decompress(data)
    except zlib_ng.error as error:  # type: ignore[misc]  # its stubs take the class for an instance
        raise ValueError(f"it is no gzip member ({error})") from error
    if not inflate.eof:
        raise ValueError("it ends early")
    return content, len(data) - len(inflate.unused_data)


def parse(content: bytes) -> Record:
    """Raises ValueError for what is no WARC record of ours or is not whole."""
    head, _, rest = content.partition(_END)
    version, *lines = head.decode().split("\r\n")
    if version != f"WARC/{VERSION}":
        raise ValueError("it is no WARC record")
    named = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in named}
    block = rest.removesuffix(_END)
    if rest == block or str(len(block)) != headers.get("content-length"):
        raise ValueError("its length is not what it says")
    return Record(headers, block)


def exchange(response: Record, request: Record | None) -> Exchange:
    """With the payload that stands in the record: of a revisit there is none. Raises ValueError."""
    first, headers, body = http(response)
    protocol, status, *_ = first.split(" ")
    return Exchange(
        url=response.headers["warc-target-uri"],
        at=datetime.fromisoformat(response.headers["warc-date"]),
        status=int(status),
        request=http(request)[1] if request is not None else (),
        response=headers,
        body=body,
        protocol=protocol,
        truncated=response.headers.get("warc-truncated"),
    )


def http(record: Record) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """First line, headers and payload of the message in a record. Raises ValueError."""
    head, end, payload = record.block.partition(_END)
    if not end:
        raise ValueError("its HTTP headers have no end")
    first, *lines = head.decode("latin-1").split("\r\n")
    named = (line.partition(": ") for line in lines)
    return first, tuple((name, value) for name, _, value in named), payload
