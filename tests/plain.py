"""The TLS context of clients that speak plain HTTP with a server on this machine."""

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It trusts nobody, so it is made at once. To load the usual authorities takes httpx 20 ms for each client."""
