"""The JSON Schema of a configuration file, for editors; derived from the models that check the file.

`python -m gateway.settings.schema > config/gateway.schema.json` writes it for the installed adapters.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from gateway.declared.description import Description
from gateway.declared.settings_model import DescribedSettings
from gateway.port.registry import AdapterType, adapters
from gateway.settings.expand import FORMS
from gateway.settings.file_models import NAME, ClientEntry, ServerEntry, TenantEntry
from gateway.settings.kinds import DECLARED
from gateway.settings.operator_models import AdminEntry, OperatorEntry, ResolutionEntry

Schema = dict[str, Any]

# Keywords that a text with `${...}` would violate; a string without them needs no alternative.
_NARROW = ("enum", "const", "pattern", "format", "maxLength")


def schema(kinds: Mapping[str, AdapterType]) -> Schema:
    """The schema of one file, in draft 2020-12. No section is required, because a folder's files each have a part."""
    definitions: Schema = {"expanded": {"type": "string", "pattern": r"\$\{", "description": f"A text with {FORMS}."}}
    server, tenant, client = (_of(model, "", definitions) for model in (ServerEntry, TenantEntry, ClientEntry))
    models = OperatorEntry, AdminEntry, ResolutionEntry
    operator, admin, resolution = (_of(model, "", definitions) for model in models)
    for name, kind in kinds.items():
        definitions[f"vendor.{name}"] = _vendor_of(name, _of(kind.settings, f"{name}.", definitions))
    definitions[f"vendor.{DECLARED}"] = _described(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the points gateway",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "server": server,
            "store": {
                "type": "string",
                "description": "The journal: sqlite:///PATH, as it is, or postgresql://..., percent-encoded.",
            },
            "vendors": _named(_vendor([*kinds, DECLARED]), "Accounts at loyalty vendors, by a name of your choice."),
            "tenants": _named(tenant, "Brands and their routes, by name."),
            "clients": _named(client, "Apps that call the gateway, by name."),
            "operators": _named(operator, "People who operate the gateway by its admin listener, by name."),
            "admin": admin,
            "resolution": resolution,
        },
        "$defs": definitions,
    }


def text(kinds: Mapping[str, AdapterType]) -> str:
    """The schema as the text of its file."""
    return json.dumps(schema(kinds), indent=2, ensure_ascii=False) + "\n"


def _of(model: type[BaseModel], prefix: str, definitions: Schema) -> Schema:
    result = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    for name, definition in result.pop("$defs", {}).items():
        definitions[prefix + name] = _expandable(definition)
    expandable: Schema = _expandable(result)
    return expandable


def _expandable(node: Any) -> Any:
    """The schema without generated titles; every scalar may also be a text with `${...}`."""
    if isinstance(node, list):
        return [_expandable(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {
        key: value if key in ("propertyNames", "default", "required", "enum") else _expandable(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
    narrow = node.get("type") == "string" and any(key in node for key in _NARROW)
    if node.get("type") in ("integer", "number", "boolean") or narrow or "enum" in node:
        outer = {key: result.pop(key) for key in ("description", "default") if key in result}
        return {**outer, "anyOf": [result, {"$ref": "#/$defs/expanded"}]}
    return result


def _named(entry: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": entry,
    }


def _vendor_of(name: str, settings: Schema) -> Schema:
    """The keys of one kind of vendor; an entry that extends another may leave out required keys."""
    required = [key for key in settings.pop("required", []) if key != "adapter"]
    settings["properties"] |= {
        "adapter": {"const": name, "description": settings["properties"]["adapter"]["description"]},
        "extends": {"type": "string", "description": "A vendor whose keys this one takes over, where it has no own."},
    }
    return {**settings, "if": {"not": {"required": ["extends"]}}, "then": {"required": required}}


def _described(definitions: Schema) -> Schema:
    """The keys of a vendor by description, which names further ones itself."""
    settings = _of(DescribedSettings, f"{DECLARED}.", definitions)
    settings["required"] = [*settings["required"], "description"]
    return {**_vendor_of(DECLARED, settings), "additionalProperties": True}


def of_descriptions() -> Schema:
    """The schema of a description's file."""
    schema = _without_titles(Description.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Description of a vendor for the points gateway",
        **schema,
    }


def _without_titles(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_titles(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))
    }


def _vendor(names: list[str]) -> Schema:
    """Any vendor; its adapter determines its keys."""
    return {
        "type": "object",
        "properties": {"adapter": {"enum": names}},
        "anyOf": [{"required": ["adapter"]}, {"required": ["extends"]}],
        "allOf": [
            *(
                {
                    "if": {"required": ["adapter"], "properties": {"adapter": {"const": name}}},
                    "then": {"$ref": f"#/$defs/vendor.{name}"},
                }
                for name in names
            ),
            {
                "if": {"not": {"required": ["adapter"]}},
                "then": {"anyOf": [{"$ref": f"#/$defs/vendor.{name}"} for name in names if name != DECLARED]},
            },
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(text(adapters().loadable()[0]))
