"""Settings that take a new process."""

from gateway.settings.settings import LASTING, Settings


class Unchangeable(Exception):
    """Raised when a generation has settings that cannot change while the gateway runs; `names` are theirs."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"cannot change while the gateway runs: {', '.join(names)}")
        self.names = names


def unchangeable(old: Settings, new: Settings) -> list[str]:
    """The settings that differ and take a new process."""
    pairs = {
        "store": (old.store, new.store),
        **{f"server.{name}": (getattr(old.server, name), getattr(new.server, name)) for name in LASTING},
    }
    return [name for name, (before, after) in pairs.items() if before != after]
