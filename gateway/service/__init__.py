"""What the gateway does: one method per operation, the straight way of a write, and the work behind the calls."""
