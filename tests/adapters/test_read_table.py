"""Every cell of the tables of reads in docs/api.md, on the requests that really arrive and the answers that come."""

import pytest

from tests.adapters import lookups, reads
from tests.adapters.cells import Check, cannot
from tests.adapters.desk import VENDORS, Desk
from tests.adapters.reads import amount, details, refused
from tests.adapters.square import cells_of_square
from tests.adapters.test_field_table import documented
from tests.adapters.test_read_samples import FABRIC_EXPIRY

IA, FA, EP, CP, SQ = VENDORS
Cells = dict[tuple[str, str], tuple[str, Check]]
CANNOT_TELL = ("", cannot("expiring"))
PERIOD = {"from": "2023-09-01T00:00:00Z", "to": "2023-09-30T23:59:59Z"}

BALANCES: Cells = {
    ("member", IA): (
        "`EntityIDType`/`EntityID` in the path",
        reads.asks(
            "balance",
            "/API/Partners/99999/Profiles/email/jason%40example.com/Points",
            member="email:jason@example.com",
            wrong="contact_id:1",
        ),
    ),
    ("member", FA): (
        "`profile_id` in the path",
        reads.asks(
            "balance",
            "/api/v1/inquire/a%26b/member-points",
            member="profile_id:a&b",
            wrong="email:jason@example.com",
        ),
    ),
    ("member", EP): ("`matching` and its fields", reads.by_matching("balance")),
    ("member", CP): (
        "`contact_id` -> `contactId`",
        reads.asks(
            "balance",
            "/api/v1/Points/Sums?contactId=2&type=standard",
            member="contact_id:2",
            wrong="contact_id:02",
        ),
    ),
    ("point_type", IA): (
        "in the path by `point_types`, with `app_key` (required: else `default_point_type`)",
        reads.type_of_v3,
    ),
    ("point_type", FA): (
        "not sent: chooses the row of `pointsByType`, by `point_types`; no default",
        reads.row_of_type,
    ),
    ("point_type", EP): (
        "`points_currency_eid` or `_iid` by `point_types` (else `default_point_type`, else not sent)",
        reads.currency("balance"),
    ),
    ("point_type", CP): ("`type` by `point_types` (required: else `default_point_type`)", reads.sum_type),
    ("available", IA): ("`AvailablePoints`; with `app_key`, `Points`", reads.points_or_those_of_v3),
    ("available", FA): (
        "`memberPointsAvailable`; null with a point type",
        amount("available", "300", with_type=None),
    ),
    ("available", EP): ("`active_balance`", amount("available", "800.5", with_type="800.5")),
    ("available", CP): ("`Sum`; null where the list is empty", reads.sum_or_null),
    ("total", IA): ("-", amount("total", None)),
    ("total", FA): ("null; with a point type, `points` of its row", amount("total", None, with_type="302")),
    ("total", EP): ("`total_balance`", amount("total", "1000", with_type="1000")),
    ("total", CP): ("-", amount("total", None)),
    **{("pending", vendor): ("-", amount("pending", None)) for vendor in VENDORS},
    **{("held", vendor): ("-", amount("held", None)) for vendor in (IA, EP, CP, SQ)},
    ("held", FA): ("`memberPointsLocked`; null with a point type", amount("held", "104", with_type=None)),
    ("lifetime", IA): ("`TotalPoints`", amount("lifetime", "5")),
    ("lifetime", FA): ("`memberPointsEarned`; null with a point type", amount("lifetime", "600", with_type=None)),
    **{("lifetime", vendor): ("-", amount("lifetime", None)) for vendor in (EP, CP)},
    **{("next_expiry", vendor): ("-", amount("next_expiry", None)) for vendor in (IA, FA, EP, CP)},
    ("updated_at", IA): ("`LastUpdated`", amount("updated_at", "2010-07-07T16:48:22.499Z")),
    **{("updated_at", vendor): ("-", amount("updated_at", None)) for vendor in (FA, EP)},
    ("updated_at", CP): ("`LastModified`", amount("updated_at", "2025-11-03T20:35:38.515236Z")),
    ("vendor.details", IA): ("with `app_key`, `point_type`, `level`, `reason`", reads.details_of_v3),
    ("vendor.details", FA): (
        "`message`, `total_points`, `points_by_type`, `points_balance`, `breakdown`",
        details("message", "total_points", "points_by_type", "points_balance", "breakdown"),
    ),
    ("vendor.details", EP): ("`error`, `error_text`", details("error", "error_text")),
    ("vendor.details", CP): ("`sums`, each with `contact_id` and `type`", reads.sums),
    ("member", SQ): (
        "`account_id` in the path",
        reads.asks("balance", "/v2/loyalty/accounts/a%26b", member="account_id:a&b", wrong="phone:+14155551234"),
    ),
    ("point_type", SQ): ("-", refused("balance", "point_type", point_type="base")),
    ("available", SQ): ("`balance`", amount("available", "10")),
    ("total", SQ): ("-", amount("total", None)),
    ("lifetime", SQ): ("`lifetime_points`", amount("lifetime", "20")),
    ("next_expiry", SQ): ("the first of `expiring_point_deadlines` in time", cells_of_square.next_expiry),
    ("updated_at", SQ): ("`updated_at`", amount("updated_at", "2020-05-08T21:44:33Z")),
    ("vendor.details", SQ): (
        "`customer_id`, `phone_number`, `enrolled_at`, `program_id`, `mapping_id`, `created_at`",
        details("customer_id", "phone_number", "enrolled_at", "program_id", "mapping_id", "created_at"),
    ),
}
ROWS = ("precision", "member", "point_type", "from, to", "points", "buckets", "vendor.details")
EXPIRING: Cells = {
    **{(row, vendor): CANNOT_TELL for row in ROWS for vendor in (IA, CP)},
    ("precision", FA): ("`buckets`", reads.expiring(lambda answer: answer["precision"] == "buckets", FABRIC_EXPIRY)),
    ("precision", EP): ("`exact`", reads.expiring(lambda answer: answer["precision"] == "exact")),
    ("member", FA): (
        "`profile_id` -> `profileId`",
        reads.asks(
            "expiring",
            "/api/v1/inquire/points-expiry?profileId=a%26b",
            member="profile_id:a&b",
            wrong="email:jason@example.com",
        ),
    ),
    ("member", EP): ("`matching` and its fields", reads.by_matching("expiring")),
    ("point_type", FA): ("-", refused("expiring", "point_type", point_type="base")),
    ("point_type", EP): (
        "`points_currency_eid` or `_iid` by `point_types` (required: else `default_point_type`)",
        reads.currency("expiring"),
    ),
    ("from, to", FA): ("-", refused("expiring", "from", **PERIOD)),
    ("from, to", EP): ("`date_from`, `date_to`", reads.dates),
    ("points", FA): ("-", reads.expiring(lambda answer: answer["points"] is None, FABRIC_EXPIRY)),
    ("points", EP): ("`expiring_points`", reads.points_answered),
    ("buckets", FA): (
        "`totalPoints` -> `points`, `expiryDate` -> `at`, `expiryDuration` -> `within_days`, the rest -> `details`",
        reads.buckets,
    ),
    ("buckets", EP): ("-", reads.expiring(lambda answer: answer["buckets"] == [])),
    ("vendor.details", FA): ("`message`", details("message", operation="expiring", sample=FABRIC_EXPIRY)),
    ("vendor.details", EP): ("`error`, `error_text`", reads.error_details),
    ("precision", SQ): ("`buckets`", reads.expiring(lambda answer: answer["precision"] == "buckets")),
    ("member", SQ): (
        "`account_id` in the path",
        reads.asks("expiring", "/v2/loyalty/accounts/a%26b", member="account_id:a&b", wrong="phone:+14155551234"),
    ),
    ("point_type", SQ): ("-", refused("expiring", "point_type", point_type="base")),
    ("from, to", SQ): ("-", refused("expiring", "from", **PERIOD)),
    ("points", SQ): ("-", reads.expiring(lambda answer: answer["points"] is None)),
    ("buckets", SQ): (
        "`expiring_point_deadlines`: `points`, `expires_at` -> `at`",
        cells_of_square.deadlines,
    ),
    ("vendor.details", SQ): ("`balance`", details("balance", operation="expiring")),
}
CANNOT_LOOK_UP = ("", cannot("lookup"))
OF_A_PROFILE = (
    "member",
    "ids",
    "status",
    "tier",
    "enrolled_at",
    "`member_not_found`",
    "`member_ambiguous`",
    "vendor.details",
)
LOOKUPS: Cells = {
    **{(row, vendor): CANNOT_LOOK_UP for row in OF_A_PROFILE for vendor in (IA,)},
    ("member", FA): (
        "`profile_id`, `loyalty_number`, `email` -> `profileId`, `loyaltyNumber`, `email`; "
        "`phone` -> `phonenumber` (digits)",
        lookups.asked(
            {
                "profile_id:a&b": "/api/v1/members?profileId=a%26b",
                "loyalty_number:10000147371": "/api/v1/members?loyaltyNumber=10000147371",
                "email:User@example.com": "/api/v1/members?email=User%40example.com",
                "phone:+923331234567": "/api/v1/members?phonenumber=923331234567",
            },
            wrong=("contact_id:1",),
        ),
    ),
    ("member", CP): (
        "`contact_id` in the path; `email`, `phone` -> `email`, `phone` (without its calling code)",
        lookups.asked(
            {
                "contact_id:2": "/api/v1/Contacts/2",
                "email:User@example.com": "/api/v1/Contacts?email=User%40example.com",
                "phone:+4512345678": "/api/v1/Contacts?phone=12345678",
                "phone:+12025550123": "/api/v1/Contacts?phone=2025550123",
                "phone:+35212345678": "/api/v1/Contacts?phone=12345678",
            },
            wrong=("contact_id:02", "profile_id:1"),
        ),
    ),
    ("member", EP): ("`matching` and its fields", reads.by_matching("lookup")),
    ("ids", EP): ("-", lookups.answered("ids", {})),
    ("status", EP): ("-", lookups.answered("status", None)),
    ("tier", EP): ("`tier_eid` of the row with the highest `tier_order`", lookups.answered("tier", "gold1-3")),
    ("enrolled_at", EP): ("-", lookups.answered("enrolled_at", None)),
    ("`member_not_found`", EP): (
        "the code that `problems` names",
        lookups.refused("member_not_found", "email:nobody@example.com"),
    ),
    ("`member_ambiguous`", EP): ("-", lookups.answered("member", "email:user@example.com")),
    ("vendor.details", EP): ("`error`, `error_text`, `tiers`", lookups.tiers),
    ("ids", FA): (
        "`profile_id`, `loyalty_number`, `email`, `phone`",
        lookups.answered(
            "ids",
            {
                "profile_id": "f90a1da5-c072-48b7-a9ea-eb35c5dd506b",
                "loyalty_number": "10000147371",
                "email": "user@example.com",
                "phone": "+923331234567",
            },
        ),
    ),
    ("ids", CP): (
        "`contact_id`, `email`, `phone` (`PhoneCountryCode` and `Phone`)",
        lookups.answered("ids", {"contact_id": "1", "email": "user@example.com", "phone": "+4512345678"}),
    ),
    ("status", FA): ("`accountStatus`", lookups.answered("status", "Enabled")),
    ("status", CP): ("-", lookups.answered("status", None)),
    ("tier", FA): ("`tierTitle`", lookups.answered("tier", "ClubTier")),
    ("tier", CP): ("-", lookups.answered("tier", None)),
    ("enrolled_at", FA): ("-", lookups.answered("enrolled_at", None)),
    ("enrolled_at", CP): ("`RegistrationDateTime`", lookups.answered("enrolled_at", "2023-01-05T08:30:00Z")),
    ("`member_not_found`", FA): ("an empty list", lookups.refused("member_not_found", "email:nobody@example.com")),
    ("`member_not_found`", CP): (
        "404; a `Phone` with another `PhoneCountryCode`",
        lookups.refused("member_not_found", "email:nobody@example.com", "contact_id:404", "phone:+4612345678"),
    ),
    ("`member_ambiguous`", FA): (
        "several `profileId`",
        lookups.refused("member_ambiguous", "phone:+923330000000", "email:family@example.com"),
    ),
    ("`member_ambiguous`", CP): ("-", lookups.never_ambiguous),
    ("vendor.details", FA): ("the other fields of the member and the account", lookups.other_fields),
    ("vendor.details", CP): (
        "`phone_country_code`, `first_name`, `last_name`, `registration_source`, `preferred_store_id`",
        lookups.fields_but_the_secret,
    ),
    ("member", SQ): (
        "`account_id` in the path; `phone`, `customer_id` -> `phone_number`, `customer_ids` of a search",
        cells_of_square.looked_up,
    ),
    ("ids", SQ): (
        "`account_id`, `phone`, `customer_id`",
        lookups.answered(
            "ids",
            {
                "account_id": cells_of_square.ID,
                "phone": "+14155551234",
                "customer_id": "Q8002FAM9V1EZ0ADB2T5609X6NET1H0",
            },
        ),
    ),
    ("status", SQ): ("-", lookups.answered("status", None)),
    ("tier", SQ): ("-", lookups.answered("tier", None)),
    ("enrolled_at", SQ): ("`enrolled_at`", cells_of_square.enrolled_at),
    ("`member_not_found`", SQ): (
        "404; a search that finds none",
        lookups.refused("member_not_found", "account_id:nobody", "phone:+14150000000", "customer_id:nobody"),
    ),
    ("`member_ambiguous`", SQ): ("several accounts", cells_of_square.several),
    ("vendor.details", SQ): ("the other fields of the account", cells_of_square.account_details),
}
TABLES = {"### Balances": BALANCES, "### Expiring points": EXPIRING, "### Look-up": LOOKUPS}


@pytest.mark.parametrize("heading", TABLES)
def test_every_cell_of_the_document_is_checked_here(heading: str) -> None:
    """The document and these tests have the same cells with the same words."""
    assert {place: text for place, (text, _) in TABLES[heading].items()} == documented(heading)


@pytest.mark.parametrize(
    ("heading", "row", "column"), [(heading, *place) for heading, cells in TABLES.items() for place in cells]
)
def test_cell(desk: Desk, heading: str, row: str, column: str) -> None:
    """The cell is true."""
    _, check = TABLES[heading][row, column]
    check(desk, VENDORS[column])
