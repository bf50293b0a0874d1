"""The numbers of one process, in memory that the other processes of the same gateway can read.

An area holds numbers, and a list of names that only grows: each name says where its numbers begin. One process writes;
whoever reads sees each number whole. A process that takes the area of one that has ended goes on with its numbers.
"""

import json
import mmap
import os
import tempfile
from array import array
from collections.abc import Sequence
from math import isnan, nan
from typing import NamedTuple

NUMBERS = 8 * 2**20
"""Bytes for numbers, and as many for names: enough for 10,000 vendors. Memory is used only where they are written."""
SIZE = 2 * NUMBERS
SPARE = 64
"""Numbers at the end that stand in where an area is full; nobody reads them."""
_PID, _NAMED, _USED, _FIRST = 0, 1, 2, 3


class Name(NamedTuple):
    """One line of the list: a family, the values of its labels, where its numbers begin, and how many they are."""

    family: str
    labels: tuple[str, ...]
    first: int
    width: int


def shared() -> int:
    """The descriptor of a new area, for child processes; the area ends with the last process that has it open."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("points-gateway-metrics")
    else:  # only Linux has it
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, SIZE)
    return descriptor


class Area:
    """The area of a descriptor of `shared`; without one, an area that only this process has."""

    def __init__(self, descriptor: int | None = None) -> None:
        # An area of its own is no child's that is forked later.
        own = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        memory = mmap.mmap(-1, SIZE, flags=own) if descriptor is None else mmap.mmap(descriptor, SIZE)
        self.numbers: memoryview[float] = memoryview(memory)[:NUMBERS].cast("d")
        self._names = memoryview(memory)[NUMBERS:]

    @property
    def pid(self) -> int:
        """The process that writes it; 0 where none does."""
        return int(self.numbers[_PID])

    def occupy(self) -> None:
        """Note that this process writes it."""
        self.numbers[_PID] = os.getpid()

    def vacate(self) -> None:
        """Note that the process that wrote it has ended."""
        self.numbers[_PID] = 0

    def names(self, begin: int = 0) -> tuple[list[Name], int]:
        """The names from byte `begin` of the list on, and the byte at which the list ends now."""
        end = int(self.numbers[_NAMED])
        found = [json.loads(line) for line in bytes(self._names[begin:end]).splitlines()]
        return [Name(family, tuple(labels), first, width) for family, labels, first, width in found], end

    def values(self) -> list[float]:
        """All numbers, by place."""
        return list(self.numbers[: int(self.numbers[_USED])])

    def reserve(self, family: str, labels: tuple[str, ...], width: int) -> int:
        """A place for new numbers of this name."""
        first, named = max(_FIRST, int(self.numbers[_USED])), int(self.numbers[_NAMED])
        line = json.dumps((family, labels, first, width)).encode() + b"\n"
        if first + width > len(self.numbers) - SPARE or named + len(line) > len(self._names):
            return len(self.numbers) - SPARE
        self.numbers[_USED] = first + width
        self._names[named : named + len(line)] = line
        self.numbers[_NAMED] = named + len(line)  # last: a reader takes what is before it for written
        return first


class Cells:
    """What the process that writes an area uses: numbers, by place.

    A number is written by one thread at a time: `numbers[place] += 1` of two threads may count one.
    """

    def __init__(self, area: Area) -> None:
        self._area = area
        self.numbers = area.numbers
        names, _ = area.names()
        self._places = {(each.family, each.labels, each.width): each.first for each in names}
        area.occupy()

    def place(self, family: str, labels: Sequence[str], width: int = 1) -> int:
        """Where the numbers with this name begin; new ones are 0."""
        key = family, tuple(labels), width
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._area.reserve(*key)
        if isnan(self.numbers[place]):
            self.numbers[place] = 0.0
        return place

    def forget(self, family: str) -> None:
        """Take away what a process before this one has left in a family."""
        for (name, _, width), place in self._places.items():
            if name == family:
                self.numbers[place : place + width] = memoryview(array("d", [nan] * width))
