"""An adapter that somebody else might ship: wrong in every way that a member's value asks it to be."""

from decimal import Decimal

from gateway.errors import FieldNotSupported, InsufficientPoints
from gateway.model import Applied, Balance, Member
from gateway.port import Adapter, Exchange, Secret, VendorRequest, VendorSettings


class Settings(VendorSettings):
    """What a configured foreign account has."""

    token: Secret


class Foreign(Adapter[Settings]):
    """Does what the member's value names."""

    schemes = ("email",)
    refusals = {409: InsufficientPoints}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def adjust(self, *, member: Member, points: Decimal) -> Exchange[Applied]:
        """Fail before, between or after its requests."""
        token = self.settings.token.reveal()
        wanted = member.value
        if wanted == "fault-before":
            raise RuntimeError(f"{member} and {token}")
        headers = {"Authorization": token}
        if wanted == "bad-header":
            headers["X-Bad"] = "line\nbreak"
        if wanted == "look-first":
            response = yield VendorRequest("GET", "/API/looked", headers)
            self.judge(response, listed=True, status=401)
        response = yield VendorRequest("POST", "/API/Partners/1", headers, effect=True)
        if wanted == "fault-after":
            raise KeyError(f"{member} and {token}")
        if wanted == "second-effect":
            response = yield VendorRequest("POST", "/API/Partners/2", headers, effect=True)
        if wanted == "look-after":
            response = yield VendorRequest("GET", "/API/looked", headers)
            self.judge(response, listed=True, status=401)
        if wanted == "late-refusal":
            raise FieldNotSupported("points", "on second thoughts")
        if wanted == "poor":
            self.judge(response, listed=True, status=409, message="Not enough", code="E1")
        return Applied(transaction_id=str(response.status), details={"said": f"seen {token}"})

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Fail on the answer."""
        yield VendorRequest("GET", "/API/x")
        raise ZeroDivisionError(str(member))
