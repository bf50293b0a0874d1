"""A gateway in process, for tests of apps."""

from points_gateway_client.fake.points import FakePoints
from points_gateway_client.fake.scripted import NextWrite

__all__ = ["FakePoints", "NextWrite"]
