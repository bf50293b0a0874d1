"""What results of reads say in numbers."""

from decimal import Decimal

from gateway.model import Balance, Expiring, Profile, Transactions


def says_nothing(result: object) -> bool:
    """Whether a balance has no number at all."""
    return isinstance(result, Balance) and result == Balance(details=result.details)


def points(result: Balance | Expiring | Transactions | Profile) -> list[Decimal | None]:
    """The points of a read: of a page, those of its rows; of a schedule, those of its buckets."""
    match result:
        case Transactions():
            return [row.points for row in result.items]
        case Balance():
            return [result.available]
        case Expiring():
            return [result.points, *(bucket.points for bucket in result.buckets)]
        case Profile():
            return []
