"""Another configuration now and then, which every gateway has to read: most of them can be used, some are refused."""

import json
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

REFUSED = 6
"""One configuration in so many cannot be used by those that run, and can by those that start."""


class Changes:
    """Changes the configuration in a file; accounts and time-outs stay as they are."""

    def __init__(self, config: Path, random: Random) -> None:
        self._config = config
        self._first = json.loads(config.read_text())
        self._random = random

    def make(self) -> None:
        """Write another one, in one step: a gateway may start at any moment."""
        changed = deepcopy(self._first)
        for vendor in changed["vendors"].values():
            vendor["max_concurrency"] = self._random.choice((8, 12, 16))
        changed["server"]["outages"] += self._random.randrange(3)
        if self._random.random() < 0.5:
            _rename(changed)
        if self._random.randrange(REFUSED) == 0:
            changed["server"]["admin"] = "127.0.0.1:0"
        new = self._config.with_suffix(".new")
        new.write_text(json.dumps(changed))
        new.replace(self._config)


def _rename(configuration: dict[str, Any]) -> None:
    """Give the client and the tenant other names; their keys stay theirs."""
    (client,), (tenant,) = configuration["clients"].items(), configuration["tenants"].items()
    configuration["tenants"] = {"brand": {**tenant[1], "was": tenant[0]}}
    configuration["clients"] = {"shop": {**client[1], "tenants": ["brand"], "was": client[0]}}
