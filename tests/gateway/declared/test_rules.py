"""What a description must not say: each rule is refused with its place and with what was expected."""

from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.problem import Problem
from gateway.model import Member
from gateway.port.registry import described
from tests.gateway.declared.described import WHOLE, adapter, asked, made, problems_of

TWO = """\
name: two-forms
source: invented
schemes: [card]
adjust:
  body: {tokens: "{amount}", key: "{id}"}
  success: {status: 204, empty: true, outcome: succeeded}
  credit: {post: "/cards/{member}/add"}
  debit: {post: "/cards/{member}/remove"}
"""
TOKENS = '    tokens: "{points}"\n'
NEXT = "  next: {last: $.id, more: $.more}\n  complete"
PROOF = "  success: {require: {$.booking.state: done}, outcome: succeeded}\n"
STATE = "  state: {path: $.state, succeeded: [done]"
SHOWN = "  result:\n    available: $.left\n"
CHOSEN = '  rows: $.all[*]\n  agree: {{$.of: "{}"}}\n'
RULES = [
    # names, settings, options
    ("name: token-shop", "name: Shop", "1:7: name: expected text that matches"),
    ("name: token-shop", "name: declared", "1:7: name: this name stands for all descriptions"),
    ("schemes: [card]", "schemes: []", "schemes: expected at least 1 item"),
    ("schemes: [card]", "schemes: [Card]", "schemes: expected text that matches"),
    ("  key: secret\n", "  key: text\n", "settings.key: expected a secret, as an authentication reads it"),
    ("  key: secret\n", "  key: {type: secret, default: x}\n", "settings.key.default: a secret has no default"),
    ("  key: secret\n", "  key: secret\n  unused: text\n", "settings.unused: no hole and no authentication reads it"),
    ("  key: secret\n", "  key: secret\n  timeout: number\n", "settings.timeout: every vendor has this setting"),
    ("  key: secret\n", "  key: secret\n  point_types: text\n", "settings.point_types: every vendor has this setting"),
    ("  key: secret\n", "  key: secret\n  n: {type: number, default: x}\n", "settings.n.default: expected a number"),
    ("setting: key}", "setting: other}", "authentication: no setting is named other (there are: key, shop)"),
    ("identified_by: [shop]", "identified_by: [key]", "identified_by[0]: expected the name of a setting that is no"),
    ("  key: secret\n", "  key: secret\n  secrets: text\n", "settings.secrets: every vendor has this setting"),
    ("  key: secret\n", "  key: secret\n  model_x: text\n", "settings.model_x: every vendor has this setting"),
    ("  colour: text\n", "  colour: text\n  copy: text\n", "options.copy: the models of options have this name"),
    ("header: {name: X-Key, setting: key}", "client_credentials: {setting: at}", "settings.at: the credentials of a"),
    ("  colour: text\n", "  colour: text\n  size: text\n", "options.size: expected {options.size} in a request"),
    ("  header: {name: X-Key", "  headr: {name: X-Key", "unknown key: did you mean header?"),
    ("  header: {name: X-Key, setting: key}", "  header: {name: X Key, setting: key}", "expected text that matches"),
    # requests
    ("get: /health", "put: /health", "probe.put: a read changes nothing: expected get or post"),
    ("get: /health", "get: health", "probe.get: expected a path that begins with /"),
    ("get: /health", "get: /health?x=1", "probe.get: expected a path alone: parameters belong under query"),
    ("get: /health", "get: /../health", "probe.get: expected segments of visible ASCII"),
    ("get: /health", "get: /hé", "probe.get: expected segments of visible ASCII"),
    ("get: /health", "get: /a{settings.shop}", "probe.get: a hole is one whole segment of a path"),
    ("get: /health", "get: /health\n  post: /health", "probe: expected one of get, post, put, patch, delete"),
    ("get: /health", "{}", "probe: expected one of get, post, put, patch, delete"),
    ("get: /health", "get: /health\n  body: {}", "probe.get: a GET has no body"),
    ("get: /health", "post: /health\n  body: {}\n  form: {}", "probe.form: expected body or form, and not both"),
    ("get: /health", 'get: /health\n  query: {a: "{member}"}', "probe.query.a: {member} is no value of probe"),
    ("get: /health", 'get: /health\n  query: {"{id}": x}', "probe.query.{id}: {id} as a name: expected {scheme} or a"),
    ("get: /health", 'get: /health\n  headers: {X-A: "{member}"}', "probe.headers.X-A: {member}: a header has id, now"),
    ("get: /health", 'get: /health\n  headers: {X-A: "a\\nb"}', "probe.headers.X-A: expected what a header can carry"),
    ("get: /health", 'get: "/{settings.city}"', "probe.get: {settings.city}: no setting is named city"),
    ("get: /health", 'get: "/{setting.shop}"', "probe.get: {setting.shop}: did you mean {settings.shop}?"),
    ("get: /health", 'get: "/{settings.shop?}"', "probe.get: {settings.shop?}: a path has no optional holes"),
    ("get: /health", "get: /health\n  query: {a: 1.5}", "probe.query.a: expected text, which may have holes"),
    ("get: /health", "get: /health\n  query: {a: {b}}", "probe.query.a: expected text: quote a hole"),
    (TOKENS, "    tokens: 1.5\n", "adjust.body.tokens: expected text, a whole number, true, false or null"),
    (
        TOKENS,
        "    tokens: {points}\n",
        "adjust.body.tokens: YAML takes an unquoted {points} for a mapping: quote it, as",
    ),
    (TOKENS, "    tokens: {points: }\n", 'quote it, as in "{points}"; a null is written {points: null}'),
    (TOKENS, "    tokens: [{points\n      }]\n", "adjust.body.tokens[0]: YAML takes an unquoted {points}"),
    (TOKENS, "    tokens: {yes}\n", 'for a mapping: quote it, as in "{yes}"'),
    (TOKENS, "    tokens: [{settings.shop}]\n", "adjust.body.tokens[0]: YAML takes an unquoted {settings.shop}"),
    (TOKENS, "    tokens: {description?}\n", 'quote it, as in "{description?}"'),
    (TOKENS, "    tokens: {a: null, points: null}\n", "agree.$.booking.tokens: {points} is not in the request"),
    (TOKENS, "    tokens: {Points: null}\n", "agree.$.booking.tokens: {points} is not in the request"),
    (TOKENS, '    tokens: "{points + 1}"\n', "adjust.body.tokens: a brace that belongs to no hole"),
    ('key: "{id}"\n', 'key: "${env:KEY}"\n', "adjust.body.key: a description has no ${...}"),
    ('held: "{pending}"', 'held: "{pending?}"', "adjust.body: {pending?} always has a value: expected {pending}"),
    ('held: "{pending}"', 'held: "{limit}"', "adjust.body: {limit} is no value of adjust"),
    ('held: "{pending}"', 'held: "{options.size}"', "adjust.body: {options.size}: expected one of the options"),
    ("get: /cards/{member}\n  query: {kind", "get: /cards\n  query: {kind", "balance: expected {member}"),
    ("schemes: [card]", "schemes: [card, email]", "adjust: expected {scheme}: members of different schemes would"),
    # writes
    (TOKENS, '    tokens: "{amount}"\n', "adjust: {amount} has no sign, and belongs into separate forms"),
    ("    outcome: succeeded\n", "", "adjust.success: expected outcome: succeeded, or accepted"),
    ("outcome: succeeded\n  result", "outcome: accepted\n  result", None),
    ("outcome: succeeded}\n", "outcome: accepted}\n", "reverse.success.outcome: expected succeeded: nothing asks"),
    (
        "success: {require: {$.booking.state: done}, outcome: succeeded}",
        "success: {outcome: succeeded}",
        "a status proves",
    ),
    (PROOF, "", "reverse: expected success"),
    (
        "$.booking.state: done, $.booking.id",
        "$.booking.state: {absent: true, type: text}, $.booking.id",
        "or one of one_of",
    ),
    ("status: [200, 201]", "status: [200, 404]", "adjust.success.status[1]: expected 200, 201, 202 or 204"),
    ("status: [200, 201]", "empty: true", "adjust.success: an empty answer has nothing to require or to agree"),
    ('$.booking.text: "{description?}"', '$.booking.text: "{store?}"', "{store} is not in the request"),
    ('$.booking.text: "{description?}"', "$.booking.text: done", "expected a hole: what is always the same belongs"),
    ('$.booking.tokens: "{points}"', 'booking.tokens: "{points}"', "expected a path that begins with $"),
    ("/tokens/{transaction}/void", "/tokens/void", "reverse: expected {original} or {transaction}"),
    # refusals and idempotency
    ("  code: $.error.code\n", "", "refusals.known[1].code: expected refusals.code"),
    ("  code: $.error.code\n  message: $.error.text\n", "", "refusals: expected code or message"),
    ("status: 404, means", "status: 500, means", "refusals.known[0].status: expected a status from 400 to 499"),
    ("status: 404, means", "status: 200, means", "refusals.known[0].status: expected a status from 400 to 499"),
    ("status: 404, means", "status: 304, code: x, means", "refusals.known[0].status: expected a status from 400"),
    ("means: busy", "means: success", "refusals.known[2].means: expected 'member_not_found'"),
    ("code: locked", "code: short", "refusals.known[2]: given twice"),
    ("code: known, means", "means", "refusals.known[4]: already_booked is known by a code alone"),
    ("enforces: refuse", "enforces: replay", "adjust.idempotency.enforces: refuse needs a refusal that means already"),
    ('    key: "{id}"\n', "", "adjust.idempotency: expected {id} in the request"),
    # reads
    ("    available: $.left\n    pending: $.waiting\n", "", "balance.result: expected at least one of available"),
    ('most: "{limit}", ', "", "transactions: expected {limit}, the rows that a page may have"),
    (SHOWN, "  rows: $.all[*]\n" + SHOWN, "balance: rows and agree go together"),
    (SHOWN, '  agree: {$.of: "{member}"}\n' + SHOWN, "balance: rows and agree go together"),
    (SHOWN, CHOSEN.format("{point_type?}") + SHOWN, "balance.agree.$.of: {point_type?} may have no value, and then"),
    (SHOWN, CHOSEN.format("{id}") + SHOWN, "balance.agree.$.of: {id} chooses no row: expected member, point_type"),
    (SHOWN, CHOSEN.format("{settings.city}") + SHOWN, "balance.agree.$.of: {settings.city}: no setting is named city"),
    (SHOWN, CHOSEN.format("{member}") + SHOWN, None),
    (NEXT, "  complete", "transactions: {cursor?} and next go together"),
    (NEXT, "  next: {last: $.id}\n  complete", "expected more: without it"),
    (
        "  next: {last: $.id, more: $.more}\n  complete",
        "  next: {more: $.more}\n  complete",
        "expected one of value, last",
    ),
    ('after: "{cursor?}", from', 'after: "{cursor}", from', "transactions.query.after: expected {cursor?}"),
    ("  rows: $.bookings[*]\n  row:", "  rows: $.bookings\n  row:", "transactions.rows: expected the path of rows"),
    ("precision: exact", "precision: buckets", "expiring: buckets has bucket and rows, and nothing else of these"),
    ('to: "{period.end}"', "to: now", "expiring: exact asks for {period.start} and {period.end}"),
    ("member: {scheme: card", "member: {scheme: email", "lookup.member.scheme: expected one of the schemes: card"),
    ("ids: {email: $.mail, phone: $.phone}", "ids: {email: $.mail}", "lookup.ids: expected phone too"),
    ('ours: {$.key: "{id}"}', 'ours: {$.key: "{reference}"}', "find.ours: expected {id}, or {transaction}"),
    (STATE, f'  agree: {{$.x: "{{limit}}"}}\n{STATE}', "find.agree.$.x: {limit} is not in the request of adjust"),
    (STATE, f'  agree: {{$.x: "{{now}}"}}\n{STATE}', None),
    (STATE, f'  agree: {{$.x: "{{pending}}"}}\n{STATE}', "find.agree.$.x: {pending} is not known to a search"),
    ('ours: {$.key: "{id}"}', 'ours: {$.key: "{id}", $.t: "{description?}"}', "{description?} may have no value, and"),
    (
        'agree: {$.card: "{member}"}\n    details',
        'agree: {$.card: "{id}"}\n    details',
        "no row can be held against it",
    ),
    ('ours: {$.key: "{id}"}', 'ours: {$.key: "{id}", $.s: "{store}"}', "find.ours.$.s: {store} is not in the request"),
]


@pytest.mark.parametrize(("old", "new", "why"), [rule for rule in RULES if rule[2]], ids=lambda each: str(each)[:50])
def test_a_rule_is_refused_with_its_place(old: str, new: str, why: str) -> None:
    """File, line and column, where in the description, and what was expected."""
    found = problems_of(WHOLE, (old, new))
    assert any(why in problem for problem in found), found
    assert all(problem.split(":")[0].isdigit() for problem in found)


def test_what_is_accepted_is_asked_for() -> None:
    """A write that may still be rejected needs a search that says how it stands."""
    accepting = ("outcome: succeeded\n  result", "outcome: accepted\n  result")
    made(WHOLE, accepting)
    state = "  state: {path: $.state, succeeded: [done], accepted: [open], rejected: [void]}\n"
    assert ["find: expected find with state" in each for each in problems_of(WHOLE, accepting, (state, ""))] == [True]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("{amount}", "{points}", "adjust.credit: {points} has a sign, which would be booked against that of the form"),
        ('"{amount}"', "5", "adjust.credit: expected {amount}, the points that are booked"),
        ('  debit: {post: "/cards/{member}/remove"}\n', "", "adjust: expected debit as well"),
        ("  credit: {post", "  post: /cards\n  credit: {post", "adjust: expected one form with its method here"),
        ('/remove"}', '/remove", query: {why: "{reason?}"}}', "adjust: {reason} is in one of credit and debit"),
        ("empty: true, ", "", "adjust.credit.success: expected what proves it"),
        ("outcome: succeeded}\n", "outcome: succeeded}\n  result: {transaction: $.id}\n", "so that there is no result"),
    ],
)
def test_two_forms_have_rules_of_their_own(old: str, new: str, why: str) -> None:
    """A debit by a signed number would credit; what only one form has could be said of half the calls."""
    made(TWO)
    assert any(why in problem for problem in problems_of(TWO, (old, new)))


@pytest.mark.parametrize("null", ["null", "~", "Null"])
def test_a_null_that_is_written_is_one(null: str) -> None:
    """Whatever its name is; only a name for which nothing is written is a hole that lost its quotes."""
    nulls = f"    nulls: {{points: {null}, parent: {{id: {null}}}}}\n    more: [{{settings.shop: {null}}}]\n"
    call = {"id": "adj_1", "member": Member("card", "7"), "points": Decimal(5)}
    body = asked(adapter(made(WHOLE, (TOKENS, TOKENS + nulls))), "adjust", **call).body
    assert b'"nulls":{"points":null,"parent":{"id":null}},"more":[{"settings.shop":null}]' in body


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "1:1: the file is empty"),
        ("[]", "1:1: expected a mapping with name, source, schemes and operations"),
        ("name: x\nname: y\n", "2:1: name: given twice"),
        ("name: x\n", "1:1: schemes: expected this key, and it is missing"),
        ("a: [b\n", "2:1: not YAML"),
        ("name: shop\nsource: s\nschemes: [card]\n", "1:1: expected at least one operation"),
        ("[" * 100, "nested more than 64 deep"),
    ],
)
def test_a_file_that_is_no_description(text: str, why: str) -> None:
    """Every error has its line and column."""
    assert any(problem.startswith(why) or why in problem for problem in problems_of(text))


ODD = [
    *("{points}", "{limit}", "{now}", "{pending}", "{options.colour?}", "{member?}", "{settings.key}"),
    *("$.a[*]", "$.a", "${x}", "/{member}", "secrets", "model_x"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS
    | st.sampled_from(
        [
            "{points}",
            "{limit}",
            "{now}",
            "{pending}",
            "{options.colour?}",
            "{member?}",
            "$.a[*]",
            "$.a",
            "{settings.key}",
            "${x}",
            "/{member}",
        ]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["$.a", "get", "{id}", "type"]), inner),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_description_is_a_traceback(data: st.DataObject) -> None:
    """Whatever stands in place of a part, it is an adapter, or problems with their places."""
    tree = yaml.safe_load(WHOLE)
    place = tree
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = inner
    problems: list[Problem] = []
    found = described("shop.yaml", yaml.safe_dump(tree, allow_unicode=True).encode(), problems)
    assert (found is None) is bool(problems)
