"""The checks of the kit, in the order in which they are tried."""

from gateway.conformance.check import Check
from gateway.conformance.checks import (
    answers,
    breaks,
    effects,
    finding,
    looking_up,
    paging,
    parameters,
    purity,
    repeats,
    reversal,
    secrecy,
    statuses,
    verbatim,
    working,
)

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    *working.CHECKS,
    *parameters.CHECKS,
    *effects.CHECKS,
    *purity.CHECKS,
    *repeats.CHECKS,
    *finding.CHECKS,
    *reversal.CHECKS,
    *looking_up.CHECKS,
    *paging.CHECKS,
    *answers.CHECKS,
    *statuses.CHECKS,
    *secrecy.CHECKS,
    *verbatim.CHECKS,
    *breaks.CHECKS,
)
