"""The gateway hands the names of the client library on."""

import gateway.client
import points_gateway_client


def test_every_name_is_the_librarys() -> None:
    """An app that has the gateway installed may import them from either."""
    assert gateway.client.__all__ == points_gateway_client.__all__
    for name in points_gateway_client.__all__:
        assert getattr(gateway.client, name) is getattr(points_gateway_client, name)
