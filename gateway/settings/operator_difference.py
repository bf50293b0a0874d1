"""What differs between the sections about operators of two configurations, in words."""

from collections.abc import Iterator
from dataclasses import fields

from gateway.port import Secret
from gateway.settings.settings import Settings


def between(old: Settings, new: Settings) -> Iterator[str]:
    """A line for each thing that differs, with its dotted path; no line shows a secret."""
    for name in sorted(old.operators.keys() | new.operators.keys()):
        before, after = old.operators.get(name), new.operators.get(name)
        if before is None or after is None:
            yield f"operators.{name}: {'new' if before is None else 'removed'}"
            continue
        if before.scopes != after.scopes:
            yield f"operators.{name}.scopes: {', '.join(sorted(before.scopes))} -> {', '.join(sorted(after.scopes))}"
        if before.identity != after.identity:
            yield f"operators.{name}.identity: {before.identity or 'none'} -> {after.identity or 'none'}"
        keys = [{each.digest for each in settings.operator_keys if each.client == name} for settings in (old, new)]
        if keys[0] != keys[1]:
            yield f"operators.{name}.keys: {len(keys[1] - keys[0])} new, {len(keys[0] - keys[1])} removed"
    for field in fields(old.admin):
        one, other = getattr(old.admin, field.name), getattr(new.admin, field.name)
        if one != other:
            secret = any(
                isinstance(each, Secret) for value in (one, other) if isinstance(value, tuple) for each in value
            )
            yield f"admin.{field.name}: {'changed' if secret else f'{_text(one)} -> {_text(other)}'}"
    for field in fields(old.resolution):
        one, other = getattr(old.resolution, field.name), getattr(new.resolution, field.name)
        if one != other:
            name = "approval_expires" if field.name == "expires" else field.name
            yield f"resolution.{name}: {_text(one)} -> {_text(other)}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
