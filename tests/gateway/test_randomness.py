"""Random texts that are drawn many at once: none is given twice, in any thread or process."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from gateway.randomness import MANY, Randomness


def test_no_text_is_given_twice() -> None:
    """Many are drawn at once, and the next ones where these are used up; threads share them."""
    numbers, draws = count(), []

    def numbered(length: int) -> bytes:
        """Bytes in which each four are another number."""
        draws.append(length)
        return b"".join(next(numbers).to_bytes(4) for _ in range(length // 4))

    random = Randomness(4, numbered)
    with ThreadPoolExecutor(4) as threads:
        given = list(threads.map(lambda _: random(), range(8 * MANY)))
    assert {len(each) for each in given} == {8}
    assert len(set(given)) == 8 * MANY
    assert len(draws) < 8 + 4  # threads may draw at the same time


def test_a_forked_process_draws_its_own() -> None:
    """What a process has drawn and not yet given is given by none of its children."""
    random = Randomness(16)
    random()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, random().encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read, "rb") as of_child:
        assert of_child.read().decode() != random()
