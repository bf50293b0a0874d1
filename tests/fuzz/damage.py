"""Damages bytes at random: cut, doubled, swapped, repeated, flipped, and mixed with words that parsers trip over."""

from random import Random

_WORDS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"%00",
    b"%2e%2e%2f",
    b"%",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b'"',
    b"\\",
    b"\\ud800",
    b"{",
    b"}",
    b"[" * 40,
    b'{"a":' * 40,
    b",",
    b":",
    b"1e999999",
    b"-0",
    b"9" * 400,
    b"NaN",
    b"null",
    b"true",
    b"Content-Length: 0\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"Upgrade: h2c\r\nConnection: upgrade\r\n",
    b"Expect: 100-continue\r\n",
    b"X-Tenant: guarded\r\n",
    b"Authorization: Bearer x\r\n",
    b"X-A: " + b"a" * 9000 + b"\r\n",
    b"A:\r\n" * 400,
    b"0\r\n\r\n",
    b"ffffffff\r\n",
    b"5;" + b"e" * 3000 + b"\r\n",
    b"GET /v1/capabilities HTTP/1.1\r\nHost: a\r\n\r\n",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"<a>" * 300,
    b"&b;",
    b"</response>",
    b"<error>7</error>",
)


def damaged(raw: bytes, random: Random) -> bytes:
    """The same bytes with damage in up to four places, most often in one; a quarter is left as it is."""
    for _ in range(random.choice((0, 1, 1, random.randint(1, 4)))):
        raw = _once(raw, random)
    return raw


def pieces(raw: bytes, random: Random) -> list[bytes]:
    """The same bytes in one piece, most of the time, or in up to five."""
    if len(raw) < 2 or random.random() < 0.7:
        return [raw]
    cuts = sorted({random.randrange(1, len(raw)) for _ in range(random.randint(1, 4))})
    return [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


def _once(raw: bytes, random: Random) -> bytes:
    start = random.randrange(len(raw) + 1)
    end = min(len(raw), start + random.choice((1, 1, 2, 4, 16, 64)))
    match random.randrange(7):
        case 0:
            return raw[:start] + random.choice(_WORDS) + raw[start:]
        case 1:
            return raw[:start] + random.choice(_WORDS) + raw[end:]
        case 2:
            return raw[:start] + random.randbytes(end - start) + raw[end:]
        case 3:
            return raw[:start] + raw[end:]
        case 4:
            return raw[:end] + raw[start:end] * random.choice((1, 2, 50)) + raw[end:]
        case 5:
            place = random.randrange(len(raw) + 1)
            return raw[:start] + raw[place : place + 20] + raw[start:]
        case _:
            return raw[:start] or raw
