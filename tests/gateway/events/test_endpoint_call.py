"""The way of one event to its endpoint: through a proxy, where one is configured."""

import pytest

from gateway.events.endpoint_call import EndpointCall
from gateway.port import Secret
from tests.gateway.events.conftest import Scene, webhook
from tests.receiver import SECRET, Receiver, receiving

USER = "dXNlcjpwYXNz"  # user:pass


def test_a_webhook_is_told_through_its_proxy(scene: Scene, receiver: Receiver) -> None:
    """The proxy gets the whole address and its own credentials; nobody here looks the endpoint's name up."""
    proxy = Secret(receiver.url.removesuffix("/hook").replace("//", "//user:pass@"))
    id_ = scene.happened()
    done = scene.told(webhook("http://app.invalid/hooks?token=1", proxy=proxy, allow_private=False))
    assert done is not None
    assert done.delivered == 1
    (request,) = receiver.taken
    assert request.path == "http://app.invalid/hooks?token=1"
    assert request.headers["proxy-authorization"] == f"Basic {USER}"
    assert request.verified(SECRET)["data"]["adjustment"] == id_


def test_no_other_proxy_is_used(scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the environment change nothing."""
    with receiving() as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url.removesuffix("/hook"))
        scene.happened()
        scene.told(webhook(receiver.url))
    assert (len(receiver.taken), elsewhere.received) == (1, [])


def test_a_proxy_that_is_not_there_sends_nothing(scene: Scene, receiver: Receiver) -> None:
    """The event waits, and the error has neither address nor password."""
    with receiving() as gone:
        proxy = Secret(gone.url.removesuffix("/hook").replace("//", "//user:pass@"))
    scene.happened()
    scene.told(webhook(receiver.url, proxy=proxy))
    (waits,) = scene.runner.run(scene.journal.not_taken("waiting", limit=10))
    assert (receiver.received, "127.0.0.1" in waits.error, "pass" in waits.error) == ([], False, False)


def test_a_proxy_whose_file_changed_is_another(receiver: Receiver) -> None:
    """A reload goes on with the same connections only while the proxy is the same."""
    text = ["http://proxy.test:3128"]
    hook = webhook(receiver.url, proxy=Secret("", lambda: text[0]))
    call = EndpointCall(hook)
    assert call.serves(webhook(receiver.url, proxy=Secret("http://proxy.test:3128")))
    assert not call.serves(webhook(receiver.url))
    text[0] = "http://proxy.test:3129"
    assert not call.serves(hook)
    call.close()
