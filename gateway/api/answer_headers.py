"""Headers that keep answers to whom they are for: every answer has some, and every page a policy of its own."""

import base64
import hashlib
import re

ALWAYS = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))
"""Answers are about people and points: nobody on the way keeps one, and no browser guesses what it is."""
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def of_page(html: str) -> dict[str, str]:
    """The headers of a page: it loads nothing, calls only its own origin, and runs what stands in it; no frame has it.

    Scripts and styles are allowed by their SHA-256, those that stand in tags without attributes.
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
