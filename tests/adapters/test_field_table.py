"""Every cell of the table in docs/api.md, on the requests that really arrive and the answers that callers get."""

from pathlib import Path

import pytest

from tests.adapters import cells, fields
from tests.adapters.cells import Check, cannot, unsaid, works
from tests.adapters.desk import VENDORS, Desk, assert_refused
from tests.adapters.square import cells_of_square

HEADING = "## How canonical fields meet the vendors' own"
IA, FA, EP, CP, SQ = VENDORS

CELLS: dict[tuple[str, str], tuple[str, Check]] = {
    ("adjust", IA): ("yes", works("adjust")),
    ("adjust", FA): ("yes", works("adjust")),
    ("adjust", EP): ("yes", works("adjust")),
    ("adjust", CP): ("yes", works("adjust")),
    ("balance (read)", IA): ("yes", works("balance")),
    ("balance (read)", FA): ("yes", works("balance")),
    ("balance (read)", EP): ("yes", works("balance")),
    ("balance (read)", CP): ("yes", works("balance")),
    ("expiring", IA): ("no", cannot("expiring")),
    ("expiring", FA): ("yes", works("expiring")),
    ("expiring", EP): ("yes", works("expiring")),
    ("expiring", CP): ("no", cannot("expiring")),
    ("transactions", IA): ("no", cannot("transactions")),
    ("transactions", FA): ("no", cannot("transactions")),
    ("transactions", EP): ("with `format: json`", cells.listed_in_json),
    ("transactions", CP): ("with `account`", cells.listed),
    ("lookup", IA): ("no", cannot("lookup")),
    ("lookup", FA): ("yes", works("lookup")),
    ("lookup", EP): ("the tier, with `tiers_group_id` and `format: json`", cells.tiers_in_json),
    ("lookup", CP): ("yes", works("lookup")),
    ("member", IA): ("`EntityIDType`/`EntityID` in the path, by `id_types`", cells.by_id_type),
    ("member", FA): ("`profile_id` -> `profileId`", cells.by_profile_id),
    ("member", EP): (
        "`email`, `phone`, `profile_id`, `custom.FIELD` -> `matching` and its fields; "
        "`custom_fields: {user_id: int}` sends `field_value` as a number",
        cells.by_matching,
    ),
    ("member", CP): ("`contact_id` -> `ContactId` (a positive integer)", cells.by_contact_id),
    ("points", IA): ("`value`, whole numbers only", cells.whole_points),
    ("points", FA): ("`points`, a JSON number, digits exact", cells.exact_points("points")),
    ("points", EP): (
        "`amount`, without a sign and as text, digits exact: `accrue_points` or `redeeme_points`",
        fields.amount_by_sign,
    ),
    ("points", CP): ("`Amount`, a JSON number, digits exact", cells.exact_points("Amount")),
    ("point_type", IA): (
        "in the path by `point_types`, with `app_key` (required: else `default_point_type`)",
        fields.type_of_v3,
    ),
    ("point_type", FA): (
        "`pointType` by `point_types` (else `default_point_type`, else not sent)",
        fields.point_type_or_none,
    ),
    ("point_type", EP): (
        "`points_currency_eid` or `_iid` by `point_types` (required: else `default_point_type`)",
        fields.required_currency,
    ),
    ("point_type", CP): ("`Type` by `point_types` (required: else `default_point_type`)", fields.required_type),
    ("description", IA): ("`description`", fields.description_in_query),
    ("description", FA): ("-", unsaid("description", ignoring="club_ignoring")),
    ("description", EP): ("-", unsaid("description", ignoring="perks_ignoring")),
    ("description", CP): ("`Description` (required: else `default_description`)", fields.required_description),
    ("reason", IA): ("-", unsaid("reason", ignoring="arcade_ignoring")),
    ("reason", FA): ("`reasonCode` by `reasons` (else `default_reason`)", fields.reason_code),
    ("reason", EP): ("-", unsaid("reason", ignoring="perks_ignoring")),
    ("reason", CP): ("-", unsaid("reason", ignoring="crm_ignoring")),
    ("reference", IA): ("-", unsaid("reference", ignoring="arcade_ignoring")),
    ("reference", FA): ("-", unsaid("reference", ignoring="club_ignoring")),
    ("reference", EP): ("-", unsaid("reference", ignoring="perks_ignoring")),
    ("reference", CP): (
        "`SourceDescription` (422 if that option is given too); with `source_id: reference`, `SourceId`",
        fields.source,
    ),
    ("store", IA): ("-", unsaid("store", ignoring="arcade_ignoring")),
    ("store", FA): ("-", unsaid("store", ignoring="club_ignoring")),
    ("store", EP): ("-", unsaid("store", ignoring="perks_ignoring")),
    ("store", CP): ("`StoreId` (a positive integer)", fields.store_id),
    ("pending", IA): ("-", unsaid("pending")),
    ("pending", FA): ("`setToPending`", fields.set_to_pending),
    ("pending", EP): ("-", unsaid("pending")),
    ("pending", CP): ("-", unsaid("pending")),
    ("options", IA): ("`spend`: negative points, as `value` without a sign", fields.spending),
    ("options", FA): ("`billing_entity` (else the setting)", fields.billing_entity),
    ("options", EP): (
        "`promotion_id`, `created_at`; of a credit `activation_date`, `expiration_date`; in JSON `external_data`",
        fields.transaction_options,
    ),
    ("options", CP): (
        "`company_id`, `sub_type`, `book_value`, `point_calculation_base`, `source_description`, "
        '`dynamic` (`{"Test": "x", "": "y"}` -> `Dynamic_Test`, `Dynamic_`)',
        fields.contact_options,
    ),
    ("the search for an `unknown`", IA): ("-", cells.no_search),
    ("the search for an `unknown`", FA): ("-", cells.no_search),
    ("the search for an `unknown`", EP): (
        "page by page through the transactions, by `transaction_eid`, with `format: json`",
        cells.searched_by_pages,
    ),
    ("the search for an `unknown`", CP): (
        "by `ContactId` and `SourceId`, with `account` (not with `source_id: reference`)",
        cells.searched,
    ),
    ("the adjustment's id", IA): ("with `spend`, in the path", fields.id_of_spending),
    ("the adjustment's id", FA): ("-", cells.no_id),
    ("the adjustment's id", EP): ("`transaction_eid`", fields.transaction_eid),
    ("the adjustment's id", CP): (
        "`SourceId` (with `source_id: reference`, not sent: that write's `repeat_safety` is `none`)",
        fields.source_id,
    ),
    ("balance in the answer", IA): (
        "`AvailablePoints`, `TotalPoints` (lifetime), `LastUpdated`; with `app_key`, `Points` (available)",
        fields.balance_with_lifetime,
    ),
    ("balance in the answer", FA): ("-", cells.absent("balance")),
    ("balance in the answer", EP): ("`balance` (available)", fields.active_balance),
    ("balance in the answer", CP): ("`Sum` (available)", fields.sum_as_balance),
    ("vendor.transaction_id", IA): ("-", cells.absent("vendor", "transaction_id")),
    ("vendor.transaction_id", FA): ("`transactionCode`", fields.transaction),
    ("vendor.transaction_id", EP): ("`transaction_id`", fields.transaction),
    ("vendor.transaction_id", CP): ("`Id`", fields.transaction),
    ("vendor.details", IA): ("with `app_key`, `point_type`, `level`, `reason`", fields.details_of_v3),
    ("vendor.details", FA): ("`message`, `data_message`, `future_date`", fields.envelope_details),
    ("vendor.details", EP): ("`error`, `error_text`", fields.error_details),
    ("vendor.details", CP): ("the rest of ReadPointDto", fields.point_details),
    **{(operation, SQ): ("yes", works(operation)) for operation in ("adjust", "expiring", "transactions", "lookup")},
    ("balance (read)", SQ): ("yes", works("balance")),
    ("member", SQ): ("`account_id` in the path", cells_of_square.by_account_id),
    ("points", SQ): ("`points`, whole numbers only, 2147483647 at most", cells_of_square.whole_points),
    ("point_type", SQ): ("-", unsaid("point_type")),
    ("description", SQ): ("`reason`", cells_of_square.reason),
    **{(field, SQ): ("-", unsaid(field, ignoring="till_ignoring")) for field in ("reason", "reference", "store")},
    ("pending", SQ): ("-", unsaid("pending")),
    ("options", SQ): ("`allow_negative_balance`", cells_of_square.allowing),
    ("the adjustment's id", SQ): (
        "`idempotency_key` (without `keys_kept_for`, that write's `repeat_safety` is `none`)",
        cells_of_square.key,
    ),
    ("the search for an `unknown`", SQ): ("-", cells.no_search),
    ("balance in the answer", SQ): ("-", cells.absent("balance")),
    ("vendor.transaction_id", SQ): ("`id` of the event", fields.transaction),
    ("vendor.details", SQ): (
        "`created_at`, `source`, `location_id`, `program_id`, `reason`",
        cells_of_square.event_details,
    ),
}


def documented(heading: str) -> dict[tuple[str, str], str]:
    """The table under a heading of docs/api.md, by row and column."""
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    section = text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")
    ]
    assert all(len(row) == len(head) for row in rows)
    return {(row[0], column): cell for row in rows for column, cell in zip(head[1:], row[1:], strict=True)}


def test_every_cell_of_the_document_is_checked_here() -> None:
    """The document and these tests have the same cells with the same words."""
    assert {place: text for place, (text, _) in CELLS.items()} == documented(HEADING)


@pytest.mark.parametrize(("row", "column"), CELLS, ids=lambda part: part)
def test_cell(desk: Desk, row: str, column: str) -> None:
    """The cell is true."""
    _, check = CELLS[row, column]
    check(desk, VENDORS[column])


@pytest.mark.parametrize("vendor", VENDORS.values())
def test_not_pending_can_be_said_to_every_vendor(desk: Desk, vendor: str) -> None:
    """`pending: false` is the default and never refused."""
    assert desk.adjust(vendor, pending=False).status_code == 201


def test_documented_lengths_are_checked_before_anything_is_sent(desk: Desk) -> None:
    """32 characters of Type and SubType are taken, and one more is refused."""
    assert desk.sent("crm", options={"contact-points": {"sub_type": "x" * 32}})["SubType"] == "x" * 32
    desk.fresh()
    assert_refused(desk, "crm", desk.adjust("crm_long"), "/point_type")
    response = desk.adjust("crm", options={"contact-points": {"sub_type": "x" * 33}})
    assert_refused(desk, "crm", response, "/options/contact-points/sub_type")
