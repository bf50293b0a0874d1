"""What an error of the database means for the operations of a batch, and how it is told to their callers."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from gateway.errors import StoreUnavailable

_TRY_AGAIN = {"40001", "40P01"}  # the server undid the transaction, since it and another's waited for each other


def refused(outcome: object) -> bool:
    """Whether an operation was not done."""
    return isinstance(outcome, StoreUnavailable)


def failed(outcome: object) -> bool:
    """Whether an operation could not be done because of the database, so that it can be tried again."""
    return isinstance(outcome, StoreUnavailable) and gone(outcome.__cause__)


def gone(error: BaseException | None) -> bool:
    """Whether the database failed, rather than one operation; then none of a batch can be done."""
    if session_lost(error):
        return True
    return isinstance(error, SQLAlchemyError) and not isinstance(
        error, (DataError, IntegrityError, InterfaceError, ProgrammingError)
    )


def session_lost(error: BaseException | None) -> bool:
    """Whether the session ended with the error."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def undone(error: Exception) -> bool:
    """Whether the server took the transaction back, and may do it the next time."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN


def unavailable(error: BaseException) -> StoreUnavailable:
    """The problem that callers are told, with the error as its cause."""
    problem = StoreUnavailable("the journal cannot keep this" if not gone(error) else "the journal cannot be written")
    problem.__cause__ = error
    return problem
