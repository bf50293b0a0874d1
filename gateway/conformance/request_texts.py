"""What a request says, read as a vendor would: every text and number in its address and its body."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from defusedxml.ElementTree import fromstring

from gateway.simulation import Request


def texts_of(request: Request) -> list[str]:
    """Decoded path segments, query values, and the leaves of a JSON, XML or form body; numbers digit for digit."""
    texts = [unquote(segment, errors="strict") for segment in request.path.split("/")]
    texts += [value for _, value in parse_qsl(request.query, keep_blank_values=True, errors="strict")]
    if request.media_type.endswith("json"):
        texts += _leaves(json.loads(request.body, parse_int=str, parse_float=str))
    elif request.media_type.endswith("xml"):
        texts += [element.text or "" for element in fromstring(request.body).iter()]
    elif request.media_type == "application/x-www-form-urlencoded":
        texts += [value for _, value in parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")]
    return texts


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
