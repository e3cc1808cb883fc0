"""Data held against the shapes of botocore's service models: inputs checked, outputs written.

botocore itself checks only part of it before a request is sent; AWS checks patterns, lengths and
enumerations too, and answers in the words used here.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

Path = str


def problems(shape: Any, value: Any, path: Path = "") -> Iterator[str]:
    """Find what AWS would not accept.

    Args:
        shape: Of botocore's model.
        value: JSON data.
        path: Where the value stands, empty for a whole input.

    Yields:
        Sentences such as `Value 'a b' at 'modelName' failed to satisfy constraint: Member must …`.
    """
    if value is None:
        return
    if not isinstance(value, _PYTHON[shape.type_name]) or (
        isinstance(value, bool) and shape.type_name != "boolean"
    ):
        yield f"Value at '{path}' failed to satisfy constraint: Member must be a {shape.type_name}"
        return
    yield from _constraints(shape, value, path)
    if shape.type_name == "structure":
        yield from _structure(shape, value, path)
    elif shape.type_name == "list":
        for number, each in enumerate(value, 1):
            yield from problems(shape.member, each, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, each in value.items():
            yield from problems(shape.key, key, path)
            yield from problems(shape.value, each, f"{path}.{key}.member")


def _structure(shape: Any, value: Mapping[str, Any], path: Path) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed(None, _join(path, name), "Member must not be null")
    for name, member in shape.members.items():
        yield from problems(member, value.get(name), _join(path, name))


def _constraints(shape: Any, value: Any, path: Path) -> Iterator[str]:
    metadata = shape.metadata
    if shape.type_name in _SIZED:
        size, noun = len(value), "length"
    elif shape.type_name in _NUMBERS:
        size, noun = value, "value"
    else:
        return
    if (least := metadata.get("min")) is not None and size < least:
        yield _failed(value, path, f"Member must have {noun} greater than or equal to {least}")
    if (most := metadata.get("max")) is not None and size > most:
        yield _failed(value, path, f"Member must have {noun} less than or equal to {most}")
    if shape.type_name != "string":
        return
    pattern = metadata.get("pattern", "")
    if (compiled := _compiled(pattern)) and pattern and not compiled.fullmatch(value):
        rule = f"Member must satisfy regular expression pattern: {pattern}"
        yield _failed(value, path, rule)
    if (allowed := getattr(shape, "enum", None)) and value not in allowed:
        rule = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        yield _failed(value, path, rule)


def output(shape: Any, value: Any) -> Any:
    """Turn an operation's result into what JSON can carry: times as seconds, bytes as base64.

    A member that is None is left out, as AWS does.

    Raises:
        ValueError: The result has a member that the model does not know, or lacks one that it
            requires: a fault of the operation.
    """
    if shape.type_name == "structure":
        return _output_structure(shape, value)
    if shape.type_name == "list":
        return [output(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {key: output(shape.value, each) for key, each in value.items()}
    if shape.type_name == "timestamp" and isinstance(value, datetime):
        return round(value.astimezone(UTC).timestamp(), 3)
    if shape.type_name == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _output_structure(shape: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: each for name, each in value.items() if each is not None}
    unknown = given.keys() - shape.members.keys()
    missing = set(shape.required_members) - given.keys()
    if unknown or missing:
        raise ValueError(
            f"{shape.name}: unknown members {sorted(unknown)}, missing ones {sorted(missing)}."
        )
    return {name: output(shape.members[name], each) for name, each in given.items()}


def _failed(value: Any, path: Path, rule: str) -> str:
    shown = "null" if value is None else value
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {rule}"


def _join(path: Path, name: str) -> Path:
    """Put a member's name behind a path, in AWS's lower camel case."""
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of Java's dialect; None for the few that Python cannot say."""
    try:
        return re.compile(_JAVA_CLASS.sub(lambda match: _CLASSES[match[1]], pattern))
    except (re.error, KeyError):
        return None


_JAVA_CLASS = re.compile(r"\\p\{(\w+)\}")
_CLASSES = {  # inside of a character class; \\w has an underscore more than letters have
    "Alnum": "A-Za-z0-9",
    "L": "\\w",
    "M": "\u0300-\u036f",
    "N": "\\d",
    "P": "!-#%-*,-/:;?@\\[-\\]_{}\u00a1-\u00bf\u2010-\u2027",
    "S": "$+<=>^`|~",
    "Z": " \u00a0\u2000-\u200a\u2028\u2029\u202f\u3000",
}
_NUMBERS = {"integer", "long", "float", "double"}
_SIZED = {"string", "list", "map", "blob"}
_PYTHON: Mapping[str, Any] = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": int | float,
    "double": int | float,
    "boolean": bool,
    "timestamp": int | float | str,
    "blob": str,
}
