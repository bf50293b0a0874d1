"""Plausible wrong descriptions: each is whole, and says something else of its vendor than is so."""

from gateway.port import Adapter
from tests.conformance.wrong import Wrong
from tests.gateway.declared.cards import BY_ROWS, CARDS, CardShop
from tests.gateway.declared.described import made, replaced

FIND_REVERSAL = CARDS[CARDS.index("find_reversal:") :]
READ = '    get: /cards/{member}\n    success: {agree: {$.number: "{member}"}}\n    values: {revision: $.revision}\n'


def described(*replacements: tuple[str, str]) -> type[Adapter[object]]:
    """The adapter of the cards' description, with something else in it."""
    return made(CARDS, *replacements).adapter


FORMS = replaced(
    CARDS[CARDS.index("  post: /cards") : CARDS.index("balance:")],
    ("  post: /cards/{member}/tokens\n", ""),
    ("{points}", "{amount}"),
    (', agree: {$.tokens: "{amount}"}', ""),
)
"""What a credit and a debit have in common, without their paths."""

MISDESCRIBED: dict[str, Wrong] = {
    "what comes before books as well": Wrong(
        "every-effect-is-marked",
        described(
            (
                READ,
                "    post: /cards/{member}/peek\n    body: {tokens: 1}\n    values: {revision: $.revision}\n",
            )
        ),
        CardShop,
    ),
    "credits and debits are the same request": Wrong(
        "every-effect-is-marked",
        described(
            (
                CARDS[CARDS.index("  post: /cards") : CARDS.index("balance:")],
                FORMS + '  credit: {post: "/cards/{member}/tokens"}\n' + '  debit: {post: "/cards/{member}/tokens"}\n',
            )
        ),
        CardShop,
    ),
    "bookings are looked for in a place that they do not have": Wrong(
        "what-was-applied-is-found",
        described(('ours: {$.key: "{id}"}\n', 'ours: {$.note: "{id}"}\n  lacking: other\n')),
        CardShop,
    ),
    "what cancels a booking is read from another place": Wrong(
        "a-cancel-is-found-where-it-was-made", described(("cancelled: $.void", "cancelled: $.key")), CardShop
    ),
    "cancels are looked for in a place that they do not have": Wrong(
        "a-cancel-is-found-where-it-was-made",
        described((FIND_REVERSAL, BY_ROWS.replace("$.voids", "$.cancels"))),
        CardShop,
    ),
}
