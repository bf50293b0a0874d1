"""An engine with the image of this project, made once."""

from collections.abc import Iterator

import pytest

from tests.image.engine import MADE, Podman, build, mirror


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """An engine that has the image, under `points-gateway`, and its base."""
    mirror()
    MADE.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("image")
    engine = Podman(folder)
    try:
        build(engine, folder)
        yield engine
    finally:
        engine.tried("rm", "--all", "--force")
        engine.tried("rmi", "--all", "--force")
