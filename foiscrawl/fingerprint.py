"""What makes two texts the same: an exact hash of what a reader sees, and a signature that survives small edits.

The signature is MinHash over word triples, which unrelated French texts hardly share. Its bands stand in one SQL
table: two articles with a band key in common are candidates, and the `similarity` of their signatures decides. Values
stay comparable for ever: nothing here depends on the process, the machine or the Python version, and rensa is pinned
to its algorithm (the tests hold literal values).
"""

import hashlib
import struct

from rensa import RMinHash

from foiscrawl import text

MIN_WORDS = 40  # a shorter text (a caption, a flash) shares half its triples with strangers by chance
NEAR_DUPLICATE = 0.4  # similarity from which two texts count as near-duplicates: about 57 % of the triples in common

_PERMUTATIONS = 128  # estimates the similarity within 0.04 (one standard error) in 512 bytes
_SEED = 1
_PUNCTUATION = "'’‘«»“”\".,;:!?()[]…–—-/"
_ROWS = 3  # values to a band, so that a copy with one word in ten changed (similarity 0.57) still shares one
_BANDS = 28
_PACKED = struct.Struct(f"<{_PERMUTATIONS}I")
_BAND = struct.Struct(f"<{_ROWS}I")
_KEYS = struct.Struct(f"<{_BANDS}q")
_HASHES = [hashlib.blake2b(digest_size=8, salt=number.to_bytes(2, "little")) for number in range(_BANDS)]


def content_hash(headline: str | None, standfirst: str | None, body_text: str) -> str:
    """SHA-256 (hex) of what a reader reads; blind to quotes, dashes and white space, not to letters or case."""
    parts = (headline or "", standfirst or "", body_text)
    return hashlib.sha256("\x1f".join(text.hashable(part) for part in parts).encode()).hexdigest()


def signature(body_text: str) -> bytes | None:
    """The packed MinHash of a text, 512 bytes; None under `MIN_WORDS` words."""
    words = _words(body_text)
    if len(words) < MIN_WORDS:
        return None
    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    sketch.update(list(map(" ".join, zip(words, words[1:], words[2:], strict=False))))
    return _PACKED.pack(*sketch.digest())


def _words(body_text: str) -> list[str]:
    """Words without case and punctuation. A chain of replacements takes a third of the time of a pattern."""
    plain = text.clean_text(body_text).casefold()
    for mark in _PUNCTUATION:
        plain = plain.replace(mark, " ")
    return plain.split()


def bands(signature: bytes) -> tuple[int, ...]:
    """The band keys of a signature, signed 64-bit for a BIGINT column. One key in common makes two texts candidates."""
    _PACKED.unpack(signature)  # raises for a value of another length
    digests = []
    for number, salted in enumerate(_HASHES):
        hashed = salted.copy()
        hashed.update(signature[number * _BAND.size : (number + 1) * _BAND.size])
        digests.append(hashed.digest())
    return _KEYS.unpack(b"".join(digests))


def similarity(a: bytes, b: bytes) -> float:
    """Estimated share of word triples in common (Jaccard), 0 to 1."""
    pairs: zip[tuple[int, int]] = zip(_PACKED.unpack(a), _PACKED.unpack(b), strict=True)
    return sum(x == y for x, y in pairs) / _PERMUTATIONS
