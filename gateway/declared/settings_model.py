"""The settings of a described account, as a model that is made from its description."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from gateway.declared.description import Description
from gateway.declared.form import Form, ways
from gateway.declared.parts import Option, Setting
from gateway.port.adapter import Options
from gateway.port.credentials import ClientCredentials
from gateway.port.secrets import Secret
from gateway.port.settings import VendorSettings

Source = Annotated[str, Field(min_length=1, max_length=500)]


class Confirmed(BaseModel):
    """What the operator vouches for of a description, each with its source: a document, or a day and who tried it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    idempotency: Source | None = Field(None, description="The vendor takes equal requests under one id for one.")
    search: Source | None = Field(None, description="The vendor's lists have all that it has booked.")
    absence: Source | None = Field(None, description="What a search does not find was not booked, and will not be.")


class DescribedSettings(VendorSettings):
    """The settings that every described account has."""

    description: str | None = Field(
        None, description="The YAML file that describes the vendor, relative to this one; with the adapter `declared`."
    )
    confirmed: Confirmed | None = Field(
        None, description="What you vouch for of the description, each with its source; nothing of it counts without."
    )

    @model_validator(mode="after")
    def _vouched(self) -> "DescribedSettings":
        if self.trust_absence and (
            self.confirmed is None or self.confirmed.search is None or self.confirmed.absence is None
        ):
            raise ValueError("trust_absence needs confirmed.search and confirmed.absence, each with its source")
        return self


_TYPES: Mapping[str, Any] = {"text": Annotated[str, Field(min_length=1)], "secret": Secret, "number": int}
_OPTIONS: Mapping[str, Any] = {"text": Annotated[str, Field(min_length=1, max_length=500)], "number": int, "flag": bool}


def settings_of(description: Description, forms: Mapping[str, Form], made_of: str) -> type[DescribedSettings]:
    """The model of an account's settings. `made_of`: the digest of the description."""
    holes = {hole.name for form in forms.values() for hole in form.holes}
    if description.balance is not None:
        holes |= {hole.name for hole in description.balance.compared}
    fields: dict[str, Any] = {
        name: _field(each, _checks(name, description, forms)) for name, each in description.settings.items()
    }
    for name in ("point_type", "reason"):
        if name in holes or (name == "point_type" and _rows_have_types(description)):
            what = name.replace("_", " ")
            fields[f"{name}s"] = (
                dict[str, Annotated[str, Field(min_length=1)]],
                Field({}, description=f"The vendor's {what}, by canonical one."),
            )
            fields[f"default_{name}"] = (
                str | None,
                Field(None, description=f"The canonical {what} where a request names none."),
            )
    for way in {way for form in forms.values() for way in form.authentication} | set(ways(description)):
        for name, kind in way.reads().items():
            if kind is ClientCredentials:
                fields[name] = (ClientCredentials, Field(description="The client for which tokens are issued."))
    model = create_model("Settings", __base__=DescribedSettings, **fields)
    model.__doc__ = f"The settings of an account at {description.name}."
    model.identified_by = description.identified_by
    model.made_of = made_of
    return model


def options_of(options: Mapping[str, Option]) -> type[Options]:
    """The model of what only this vendor knows of an adjustment."""
    fields: dict[str, Any] = {
        name: (_OPTIONS[each.type] | None, Field(None, description=each.description or None))
        for name, each in options.items()
    }
    return create_model("Options", __base__=Options, **fields)


def _rows_have_types(description: Description) -> bool:
    return description.transactions is not None and description.transactions.row.point_type is not None


def _field(setting: Setting, checks: tuple[Any, ...]) -> Any:
    kind = Annotated[_TYPES[setting.type], *checks] if checks else _TYPES[setting.type]
    about = setting.description or None
    return (kind, Field(description=about) if setting.default is None else Field(setting.default, description=about))


def _checks(name: str, description: Description, forms: Mapping[str, Form]) -> tuple[Any, ...]:
    """What a text has to be where it becomes a segment of a path, or a part of a header."""
    if description.settings[name].type != "text":
        return ()
    hole = f"settings.{name}"
    found: list[Any] = []
    if any(each.name == hole for form in forms.values() for each in form.path.holes):
        found.append(AfterValidator(_segment))
    in_headers = {each.name for form in forms.values() for value in form.headers.values() for each in value.holes}
    read = {read for form in forms.values() for way in form.authentication for read in way.reads()}
    if hole in in_headers or name in read:
        found.append(AfterValidator(_header))
    return tuple(found)


def _segment(value: str) -> str:
    if value in (".", ".."):
        raise ValueError("expected a part of the vendor's path, and not . or ..")
    return value


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("expected what a header can carry: visible ASCII, with blanks only inside")
    return value
