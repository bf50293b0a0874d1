"""The JSON Schema of a configuration file, for editors; made of the same models that check the file.

`python -m gateway.settings.schema > config/gateway.schema.json` writes it for the adapters that are installed.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from gateway.port.registry import AdapterType, adapters
from gateway.settings.expand import FORMS
from gateway.settings.model import NAME, ClientEntry, ServerEntry, TenantEntry

Schema = dict[str, Any]

_NARROW = ("enum", "const", "pattern", "format", "maxLength")


def schema(kinds: Mapping[str, AdapterType]) -> Schema:
    """The schema, in draft 2020-12, of one file; a folder's files may each hold a part, so no section is required."""
    definitions: Schema = {"expanded": {"type": "string", "pattern": r"\$\{", "description": f"A text with {FORMS}."}}
    server, tenant, client = (_of(model, "", definitions) for model in (ServerEntry, TenantEntry, ClientEntry))
    for name, kind in kinds.items():
        definitions[f"vendor.{name}"] = _vendor_of(name, _of(kind.settings, f"{name}.", definitions))
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
            "vendors": _named(_vendor(list(kinds)), "Accounts at loyalty vendors, by a name of your choice."),
            "tenants": _named(tenant, "Brands and their routes, by name."),
            "clients": _named(client, "Apps that call the gateway, by name."),
        },
        "$defs": definitions,
    }


def text(kinds: Mapping[str, AdapterType]) -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(kinds), indent=2, ensure_ascii=False) + "\n"


def _of(model: type[BaseModel], prefix: str, definitions: Schema) -> Schema:
    made = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    for name, definition in made.pop("$defs", {}).items():
        definitions[prefix + name] = _expandable(definition)
    expandable: Schema = _expandable(made)
    return expandable


def _expandable(node: Any) -> Any:
    """The schema without generated titles, where every scalar may also be a text that is still to be expanded."""
    if isinstance(node, list):
        return [_expandable(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: value if key in ("propertyNames", "default", "required", "enum") else _expandable(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
    narrow = node.get("type") == "string" and any(key in node for key in _NARROW)
    if node.get("type") in ("integer", "number", "boolean") or narrow or "enum" in node:
        kept = {key: made.pop(key) for key in ("description", "default") if key in made}
        return {**kept, "anyOf": [made, {"$ref": "#/$defs/expanded"}]}
    return made


def _named(entry: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": entry,
    }


def _vendor_of(name: str, settings: Schema) -> Schema:
    """The keys of one kind of vendor; an entry that extends another may leave out what is required."""
    required = [key for key in settings.pop("required", []) if key != "adapter"]
    settings["properties"] |= {
        "adapter": {"const": name, "description": settings["properties"]["adapter"]["description"]},
        "extends": {"type": "string", "description": "A vendor whose keys this one takes over, where it has no own."},
    }
    return {**settings, "if": {"not": {"required": ["extends"]}}, "then": {"required": required}}


def _vendor(names: list[str]) -> Schema:
    """Any vendor: the keys that it may have follow from its adapter."""
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
                "then": {"anyOf": [{"$ref": f"#/$defs/vendor.{name}"} for name in names]},
            },
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(text(adapters().loadable()[0]))
