"""What a worker has of its parent, as its command line says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What a worker has of its parent, as descriptors: the sockets, and the areas of metrics of all workers.

    `number`: which of the areas is its own.
    """

    number: int
    areas: tuple[int, ...]
    listener: int
    admin: int | None = None

    def __str__(self) -> str:
        """As `parse` reads it, for a command line."""
        areas = ",".join(map(str, self.areas))
        return f"{self.number}:{areas}:{self.listener}" + ("" if self.admin is None else f":{self.admin}")

    @classmethod
    def parse(cls, text: str) -> "Inheritance":
        """What the parent has written. Raises `ValueError` for anything else."""
        number, areas, *sockets = text.split(":")
        return cls(int(number), tuple(map(int, areas.split(","))), *map(int, sockets))
