"""The names of the client library, which is a distribution of its own: `points_gateway_client`, in client/."""

from points_gateway_client import *  # noqa: F403  # whatever it exports
from points_gateway_client import __all__ as __all__
