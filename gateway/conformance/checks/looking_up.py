"""A look-up gives the member that was asked for, by the name that the other operations take."""

from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import check, listed
from gateway.model import Member, Operation, Profile


@check("a-vendor-that-can-look-members-up", of=("lookup",))
def a_look_up_gives_the_member_that_others_take(bench: Bench, operation: Operation) -> None:
    """By every name that it gives, the vendor finds the same member, whom its other operations are asked by."""
    profile = bench.read(operation).result
    assert isinstance(profile, Profile)  # noqa: S101 (by the operation)
    expect(profile.member == bench.member, f"the member {bench.member}", profile.member)
    if bench.examples.nameless:
        expect(profile.ids == {}, "no names, since the vendor's answer has none", profile.ids)
        return
    own = profile.ids.get(profile.member.scheme)
    expect(own == profile.member.value, "the member's own name among the ids", profile.ids)
    adapter = bench.translator.adapter
    expect(profile.member.scheme in adapter.schemes, f"a member by one of {adapter.schemes}", profile.member)
    asked = set(adapter.lookup_schemes) & profile.ids.keys()
    others = asked - {profile.member.scheme}
    more = set(adapter.lookup_schemes) - {profile.member.scheme}
    expect(others or not more, "an example's member with another name to be looked up by", profile.ids)
    for scheme in asked:
        found = bench.read("lookup", member=Member(scheme, profile.ids[scheme])).result
        expect(found == profile, "the same member", found, f"{scheme}:{profile.ids[scheme]}")


CHECKS = listed(vars())
