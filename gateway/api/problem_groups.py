"""The problems that several endpoints can answer with, for the table of endpoints and the OpenAPI document."""

from gateway import errors
from gateway.errors import GatewayError

ALWAYS: tuple[type[GatewayError], ...] = (
    errors.InvalidRequest,
    errors.TenantRequired,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.RateLimited,
    errors.InternalError,
    errors.Overloaded,
)
OPERATORS: tuple[type[GatewayError], ...] = (
    errors.InvalidRequest,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.RateLimited,
    errors.InternalError,
)
BODY = (errors.PayloadTooLarge, errors.UnsupportedMediaType)
UNSAYABLE = (errors.OperationNotSupported, errors.FieldNotSupported)
STORE = (errors.StoreUnavailable,)
NO = (errors.MemberNotFound, errors.MemberAmbiguous, errors.InsufficientPoints, errors.VendorRejected)
DOWN = (errors.VendorAuthFailed, errors.VendorUnavailable, errors.VendorRateLimited)
READ = (*UNSAYABLE, *NO, *DOWN, errors.VendorBadResponse, errors.VendorTimeout)
WRITE = (
    *ALWAYS,
    *BODY,
    *READ,
    *STORE,
    errors.IdempotencyKeyRequired,
    errors.IdempotencyInProgress,
    errors.IdempotencyKeyReused,
    errors.KeyExpired,
    errors.LimitExceeded,
    errors.DailyLimitExceeded,
    errors.NotApplied,
    errors.Paused,
    errors.ClientPaused,
)
