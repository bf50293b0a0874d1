"""The column `options` of a sheet: what only one kind of vendor knows, as JSON, for `import` and for `export`.

JSON has the types of the fields, so that nothing is guessed: the text "12" and the number 12 stay apart, and a column
is enough for the fields of every adapter.
"""

import json
from collections.abc import Mapping
from typing import Any

from gateway import exact

Options = Mapping[str, Mapping[str, Any]]
"""The fields of each adapter, by its name."""
_EXPECTED = 'expected an object of objects, as in {"ADAPTER": {"FIELD": 12}}'


def read(cell: str) -> Options:
    """The options that a cell has, numbers exact; a field that is null is as absent, and so is an adapter without one.

    Raises `ValueError`, with the column of the first mistake in the cell.
    """
    try:
        found = exact.loads(cell)
        json.dumps(found, ensure_ascii=False, default=str).encode()  # refuses lone surrogates, which cannot be sent
    except (ValueError, RecursionError) as error:
        raise ValueError(f"options: expected JSON: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(each, dict | None) for each in found.values()):
        raise ValueError(f"options: {_EXPECTED}")
    present = {
        adapter: {name: value for name, value in fields.items() if value is not None}
        for adapter, fields in found.items()
        if fields is not None
    }
    return {adapter: fields for adapter, fields in present.items() if fields}


def written(options: Options) -> str:
    """The cell of options: equal ones give equal texts, and no option gives an empty cell."""
    return exact.dumps(_in_order(options)).decode() if options else ""


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return list(map(_in_order, value)) if isinstance(value, list) else value
