"""The parts of a vendor simulator: a real HTTP server with state, a ledger of effects, and injectable faults."""

from gateway.simulation.faults import Faults
from gateway.simulation.ledger import Effect, Ledger
from gateway.simulation.messages import Answer, Request
from gateway.simulation.server import Example, Simulator
from gateway.simulation.thread import in_thread

__all__ = ["Answer", "Effect", "Example", "Faults", "Ledger", "Request", "Simulator", "in_thread"]
