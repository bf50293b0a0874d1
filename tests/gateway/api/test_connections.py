"""Which connection gives way when there are too many."""

from gateway.api.connections import Connections


class Caller:
    """A connection that says whether it had to close."""

    def __init__(self) -> None:
        self.closed = False

    def give_way(self) -> None:
        self.closed = True


def opened(connections: Connections, count: int) -> list[Caller]:
    callers = [Caller() for _ in range(count)]
    assert all(connections.opened(caller) for caller in callers)
    return callers


def test_the_one_idle_longest_gives_way() -> None:
    """A new one always gets in while any other is idle."""
    connections = Connections(3)
    callers = opened(connections, 5)
    assert [caller.closed for caller in callers] == [True, True, False, False, False]
    assert len(connections) == 3


def test_work_is_never_cut() -> None:
    """A connection on which a request is answered stays; where all are, the new one is refused."""
    connections = Connections(2)
    first, second = opened(connections, 2)
    connections.working(first)
    opened(connections, 1)
    assert (first.closed, second.closed) == (False, True)
    connections = Connections(1)
    [only] = opened(connections, 1)
    connections.working(only)
    assert not connections.opened(Caller())
    assert not only.closed


def test_after_its_answer_it_is_the_last_in_the_row() -> None:
    """Being idle counts from the answer on, and bytes that drip in do not change the order."""
    connections = Connections(3)
    first, second, third = opened(connections, 3)
    connections.working(first)
    connections.idle(first)
    connections.idle(second)
    opened(connections, 1)
    assert (first.closed, second.closed, third.closed) == (False, True, False)


def test_one_that_is_closed_makes_room() -> None:
    """It is forgotten, even where something is still said of it."""
    connections = Connections(1)
    [only] = opened(connections, 1)
    connections.closed(only)
    connections.idle(only)
    assert len(connections) == 0
    opened(connections, 1)
    assert not only.closed
