"""Security headers: those of every answer, and the content security policy of each page."""

import base64
import hashlib
import re

ALWAYS = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))
"""Answers contain personal data: no proxy may cache them, and no browser may guess their type."""
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def of_page(html: str) -> dict[str, str]:
    """The headers of a page: it loads nothing, calls only its own origin, and cannot be framed.

    Its inline scripts and styles are allowed by their SHA-256, if their tags have no attributes.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, text in _INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[tag].append(f"'sha256-{digest}'")
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(hashes["script"]) or "'none'",
        "style-src": " ".join(hashes["style"]) or "'none'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
    }
