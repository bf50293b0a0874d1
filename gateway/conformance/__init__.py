"""The conformance kit: checks that any adapter can be held to, against a simulator of its vendor."""

from gateway.conformance.examples import Examples

__all__ = ["Examples"]
