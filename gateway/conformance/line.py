"""The way from an adapter to its simulator: over a real socket, or directly; what went over it is kept."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.simulation import Answer, Request, Simulator, faults
from gateway.simulation.misbehaviour import written
from gateway.transport import Evidence, Transport, boottime


@dataclass(slots=True)
class Passed:
    """One request that an adapter made: what came of it, and how many changes of points it made at the vendor."""

    request: VendorRequest
    response: VendorResponse | None = None
    effects: int = 0


@dataclass(slots=True)
class Log:
    """All that went over the lines of one bench, oldest first; `direct`: whether requests go by no socket."""

    passed: list[Passed] = field(default_factory=list)
    direct: bool = False


class Line(Transport):
    """A transport that keeps what it is given to send; of the gateway's own, unless the log says `direct`."""

    def __init__(self, settings: VendorSettings, simulator: Simulator, log: Log) -> None:
        super().__init__(settings, boottime)
        self._simulator = simulator
        self._base = urlsplit(settings.base_url).path
        self._log = log

    @property
    def requests(self) -> list[VendorRequest]:
        """The requests that were to be sent."""
        return [each.request for each in self._log.passed]

    async def send(
        self, request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
    ) -> VendorResponse:
        """Send a request, or hand it to the simulator."""
        passed = Passed(request)
        self._log.passed.append(passed)
        before = len(self._simulator.effects)
        try:
            if self._log.direct:
                evidence.sent = True
                passed.response = self._answered(request)
                evidence.status = passed.response.status
            else:
                passed.response = await super().send(request, evidence, deadline=deadline, expires=expires)
            return passed.response
        finally:
            passed.effects = len(self._simulator.effects) - before

    def hand(self, request: VendorRequest) -> VendorResponse:
        """Hand a request to the simulator, and give its answer."""
        passed = Passed(request)
        self._log.passed.append(passed)
        before = len(self._simulator.effects)
        passed.response = self._answered(request)
        passed.effects = len(self._simulator.effects) - before
        return passed.response

    def _answered(self, request: VendorRequest) -> VendorResponse:
        self._writer.serialize(request)  # raises for what could not be sent verbatim
        base = self._base if request.base_url is None else urlsplit(request.base_url).path
        asked = Request(request.method, base + request.path, tuple(request.headers.items()), request.body)
        self._simulator.requests.append(asked)
        answer = self._answer(asked)
        headers = {"content-type": answer.content_type, **{name.lower(): each for name, each in answer.headers.items()}}
        return VendorResponse(answer.status, headers, answer.body)

    def _answer(self, asked: Request) -> Answer:
        match self._simulator.faults.take(asked.method):
            case faults.Status() | faults.Html() | faults.Body() as fault:
                if fault.apply:
                    self._simulator.handle(asked)
                return written(fault)
            case None | faults.Delay():
                return self._simulator.handle(asked)
            case fault:
                raise ValueError(f"{fault.kind} needs a socket")
