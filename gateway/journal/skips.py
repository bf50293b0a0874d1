"""Which tenants and vendors the journal has, found by skipping through an index from one to the next.

What that costs grows with how many there are, and not with how much each of them has.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

_TENANTS = text(
    """
    WITH RECURSIVE found(tenant) AS (
        SELECT min(tenant) FROM adjustments
        UNION ALL
        SELECT (SELECT min(tenant) FROM adjustments WHERE tenant > found.tenant) FROM found WHERE tenant IS NOT NULL
    )
    SELECT tenant FROM found WHERE tenant IS NOT NULL
    """
)
# Column by column: SQLite would compare a whole row from its equals on, and so read all of them.
_VENDORS = text(
    """
    WITH RECURSIVE found(vendor) AS (
        SELECT min(vendor) FROM adjustments WHERE tenant = :tenant
        UNION ALL
        SELECT (SELECT min(vendor) FROM adjustments WHERE tenant = :tenant AND vendor > found.vendor)
        FROM found WHERE vendor IS NOT NULL
    )
    SELECT vendor FROM found WHERE vendor IS NOT NULL
    """
)
_ORDER = "ORDER BY tenant, vendor, created_at, seq"
_WANTED = "(tenant, vendor) >= (:tenant, :vendor) AND (tenant, vendor) <= (:tenant, :vendor)"
_COUNT = text(
    f"SELECT count(*) FROM (SELECT 1 FROM adjustments WHERE {_WANTED} {_ORDER} LIMIT :most) AS held"  # noqa: S608
)


def tenants(connection: Connection) -> list[str]:
    """The tenants that have adjustments, as their column has them."""
    return list(connection.scalars(_TENANTS))


def vendors(connection: Connection, *, but: Collection[str], most: int) -> dict[str, int]:
    """How many adjustments each vendor holds, by its configured name, counted up to `most`; of all vendors but some."""
    held: dict[str, int] = {}
    for tenant in tenants(connection):
        for vendor in list(connection.scalars(_VENDORS, {"tenant": tenant})):
            if vendor not in but:
                before = held.get(vendor, 0)
                left = {"tenant": tenant, "vendor": vendor, "most": most - before}
                held[vendor] = before + (connection.scalar(_COUNT, left) or 0)
    return held
