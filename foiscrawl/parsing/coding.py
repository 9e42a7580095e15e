"""Content codings: the bytes of a page from the bytes that went over the wire."""

import zlib

from zlib_ng import zlib_ng

PIECE = 1 << 20  # bytes unfolded at a time


class TooLargeError(Exception):
    """More comes out than is allowed; the first argument is the number of bytes at which it was given up."""


class CutBodyError(Exception):
    """The body ends early, is damaged, or has a coding that we never ask for."""


def unfold(body: bytes, max_size: int = 0) -> bytes:
    """What a gzip stream of one or more members holds, end mark and checksum checked by zlib-ng.

    Raises CutBodyError when it stops early or is no gzip, TooLargeError beyond `max_size` bytes (0: any).
    """
    pieces: list[bytes] = []
    size = 0
    while body or not pieces:
        inflate = zlib_ng.decompressobj(wbits=31)  # in half the time of zlib, and each page comes through here
        while not inflate.eof:
            try:
                pieces.append(inflate.decompress(body, PIECE))  # in pieces: a bomb must not be unfolded at once
            except zlib_ng.error as error:  # type: ignore[misc]  # its stubs take the class for an instance
                raise CutBodyError(f"the body cannot be unfolded: {error}") from error
            body = inflate.unconsumed_tail
            size += len(pieces[-1])
            if max_size and size > max_size:
                raise TooLargeError(size)
            if not pieces[-1] and not body and not inflate.eof:
                raise CutBodyError("the body cannot be unfolded: it ends early")
        body = inflate.unused_data.lstrip(b"\0")  # a further member may follow
    return b"".join(pieces)


def decoded(body: bytes, codings: str) -> bytes:
    """The body with the codings of its Content-Encoding header undone, the last one first. Raises CutBodyError."""
    for name in reversed([one.strip().lower() for one in codings.split(",")]):
        if name in {"", "identity"} or not body:
            continue
        if name in {"gzip", "x-gzip"}:
            body = unfold(body)
        elif name == "deflate":
            body = _inflated(body)
        else:
            raise CutBodyError(f"a body in the coding {name!r} cannot be read")
    return body


def _inflated(body: bytes) -> bytes:
    """Raises CutBodyError. Some servers send the bare stream, some wrap it as RFC 9110 wants."""
    try:
        return zlib.decompress(body)
    except zlib.error:
        try:
            return zlib.decompress(body, -zlib.MAX_WBITS)
        except zlib.error as error:
            raise CutBodyError(f"the body cannot be unfolded: {error}") from error
