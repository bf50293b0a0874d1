"""One event sent to one webhook: signed, by POST, once; only an answer from 200 to 299 says that it was taken."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook as Signer

from gateway.answers.events import EventAnswer
from gateway.events.hook_names import Apart
from gateway.events.patience import LONGEST_ASKED
from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.port.addresses import is_link_local_or_metadata, is_public
from gateway.transport import Evidence, Transport, TransportError, boottime, trust
from gateway.webhook import Webhook

AT_ONCE = 8
"""Requests to one webhook under way at the same time."""
ASKING = frozenset({429, 503})
"""Statuses of which `Retry-After` is respected."""
LONGEST_ANSWER = 16_384
"""Bytes of the largest answer that is read; nobody looks at it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request: whether it was accepted, and else why not, without a word of the endpoint's.

    `retry_after`: seconds for which the endpoint asks to be left alone, `LONGEST_ASKED` at most.
    """

    accepted: bool
    error: str = ""
    retry_after: float = 0.0


class EndpointCall:
    """Sends events to one configured webhook. `clock` gives aware datetimes.

    Raises `OSError` where its `ca_file` cannot be read.
    """

    def __init__(
        self,
        webhook: Webhook,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        trusting: Callable[[str | None], ssl.SSLContext] = trust,
    ) -> None:
        self.webhook = webhook
        self._clock = clock
        url = urlsplit(webhook.url)
        self._path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        settings = _settings(webhook)
        self._basis = Transport.basis(settings)
        # Behind a proxy only the proxy's own address is looked up here.
        own = webhook.allow_private or webhook.proxy is not None
        refused = is_link_local_or_metadata if own else _not_public
        self._transport = Transport(settings, boottime, resolver=Apart(), trusting=trusting, refused=refused)

    def serves(self, webhook: Webhook) -> bool:
        """Whether this goes on for a webhook of another configuration: it and its files are the same."""
        return self.webhook == webhook and self._basis == Transport.basis(_settings(webhook))

    async def send(self, event: EventAnswer, *, expires: float) -> Answered:
        """Send an event once. `expires`: a moment on `boottime`, after which nothing leaves."""
        evidence = Evidence()
        deadline = asyncio.get_running_loop().time() + self.webhook.timeout
        answer = VendorResponse(0)
        try:
            request = self._request(event)
            answer = await self._transport.send(request, evidence, deadline=deadline, expires=expires)
        except TransportError as error:
            if evidence.status is None:
                return Answered(False, str(error))
            if evidence.partial is not None:
                answer = VendorResponse(evidence.status, evidence.partial.headers)
        except ValueError as error:  # a secret that was changed to something that is none
            return Answered(False, f"a secret of the webhook cannot be used: {type(error).__name__}")
        # What came after the head of the answer is of no interest: the endpoint has decided.
        status = evidence.status or 0
        if 200 <= status <= 299:
            return Answered(True)
        return Answered(False, f"the answer was {status}", self._asked(status, answer))

    def close(self) -> None:
        """Close its connections; what is under way ends with an error."""
        self._transport.close()

    def _asked(self, status: int, answer: VendorResponse) -> float:
        """Seconds for which the endpoint asks to be left alone; 0 where it does not."""
        return min(answer.retry_after(self._clock()) or 0.0, LONGEST_ASKED) if status in ASKING else 0.0

    def _request(self, event: EventAnswer) -> VendorRequest:
        body, now = event.to_json(), self._clock()
        sign = partial(_signature, event.id, now, body.decode())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(sign(secret.reveal()) for secret in self.webhook.secrets),
        }
        return VendorRequest("POST", self._path, headers=headers, body=body)


def _settings(webhook: Webhook) -> VendorSettings:
    url = urlsplit(webhook.url)
    return VendorSettings(
        adapter="webhook",
        base_url=f"{url.scheme}://{url.netloc}",
        timeout=webhook.timeout,
        max_concurrency=AT_ONCE,
        max_answer=LONGEST_ANSWER,
        ca_file=webhook.ca_file,
        proxy=webhook.proxy,
        allow_http=True,  # it was checked when the configuration was read
        # Connections are kept and used again: an event that arrives twice is recognised by its id.
        reuse_connections=True,
    )


def _signature(event: str, now: datetime, body: str, secret: str) -> str:
    return Signer(secret).sign(event, now, body)


def _not_public(host: str) -> bool:
    return not is_public(host)
