"""The queue in which clients take turns: what leaves when, and who gives way to whom."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.turns import Full, Turns

STEPS = st.lists(st.one_of(st.sampled_from("abc"), st.just("pop"), st.just("leave")), max_size=60)


def test_clients_take_turns() -> None:
    """Who brings three has one turn, as everybody else, before its second."""
    turns = Turns[str](10)
    for item in ("a1", "a2", "a3", "b1", "c1"):
        turns.push(item[0], item)
    assert [turns.pop() for _ in range(5)] == ["a1", "b1", "c1", "a2", "a3"]


def test_one_client_alone_has_all_the_room() -> None:
    """Room that nobody else needs is anybody's, in the order of coming; one more is refused."""
    turns = Turns[int](3)
    for number in range(3):
        turns.push("a", number)
    with pytest.raises(Full):
        turns.push("a", 3)
    assert [turns.pop() for _ in range(3)] == [0, 1, 2]


def test_the_newest_of_most_gives_way() -> None:
    """A newcomer with fewer in a full queue takes the place that the client with most took last."""
    turns = Turns[str](4)
    for item in ("a1", "a2", "a3", "b1"):
        turns.push(item[0], item)
    assert turns.push("c", "c1") == "a3"
    assert [turns.pop() for _ in range(4)] == ["a1", "b1", "c1", "a2"]


def test_equal_shares_stay() -> None:
    """Nobody gives way to who would then have more: else two clients could push each other out for ever."""
    turns = Turns[str](3)
    for item in ("a1", "a2", "b1"):
        turns.push(item[0], item)
    with pytest.raises(Full):
        turns.push("b", "b2")
    turns = Turns[str](0)
    with pytest.raises(Full):
        turns.push("a", "a1")


@given(room=st.integers(0, 6), steps=STEPS)
def test_nothing_is_lost_and_nobody_is_passed_over(room: int, steps: list[str]) -> None:
    """Whatever comes and leaves: items leave once, those of a client in order, and between two turns of a client
    everybody else who waited has had one."""
    turns = Turns[tuple[str, int]](room)
    waiting: dict[str, list[tuple[str, int]]] = {}
    passed: Counter[str] = Counter()
    for number, step in enumerate(steps):
        if step == "pop":
            if not any(waiting.values()):
                with pytest.raises(KeyError):
                    turns.pop()
                continue
            item = turns.pop()
            assert item == waiting[item[0]].pop(0)
            passed[item[0]] = 0
            for other in (name for name, items in waiting.items() if items and name != item[0]):
                passed[other] += 1
                assert passed[other] <= len("abc") - 1
        elif step == "leave":
            client = max(waiting, key=lambda name: len(waiting[name]), default="a")
            if waiting.get(client):
                assert turns.remove(client, waiting[client].pop())
            assert not turns.remove(client, (client, -1))
        else:
            try:
                displaced = turns.push(step, (step, number))
            except Full:
                assert len(turns) == room
                continue
            if not waiting.get(step):
                passed[step] = 0
            waiting.setdefault(step, []).append((step, number))
            if displaced is not None:
                assert displaced == waiting[displaced[0]].pop()
                assert len(waiting[displaced[0]]) >= len(waiting[step])
        assert len(turns) == sum(map(len, waiting.values())) <= room
