"""Asking a vendor on the way that callers' calls take; what goes wrong names the vendor."""

from collections.abc import Mapping

from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Reading
from gateway.errors import GatewayError
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import R


async def ask(
    deliveries: Mapping[str, Delivery], translator: Translator, translation: Translation[R], *, client: str
) -> Reading[R]:
    """The reading of a translated read. Raises `GatewayError`, which names the vendor."""
    try:
        return await deliveries[translator.name].read(translation, client=client)
    except GatewayError as error:
        error.vendor = (translator.name, translator.kind.name)
        raise
