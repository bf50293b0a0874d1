"""What a vendor's own cancel can be told of the adjustment that it takes back, and of its reversal."""

from collections.abc import Collection
from typing import Any

from gateway.write import Write


def arguments(write: Write, id: str, names: Collection[str]) -> dict[str, Any]:  # noqa: A002 (the field's name)
    """The arguments of an adapter's `reverse` or `find_reversal` that have these names, for the reversal `id`."""
    adjustment = write.adjustment
    fields = {
        "original": write.refers_to,
        "transaction": write.transaction,
        "id": id,
        "member": adjustment.member,
        "points": adjustment.points,
        "point_type": adjustment.point_type,
    }
    if adjustment.description is not None:
        fields["description"] = adjustment.description
    return {name: value for name, value in fields.items() if name in names}
