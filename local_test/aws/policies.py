"""What IAM policies say to a question: a deny anywhere, else an allow somewhere, else no.

moto's own access control knows no conditions of identity policies and takes any for a deny, so
the rules are here; the documents come from moto.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, Sequence[str]]
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Ask:
    """One thing that somebody wants to do.

    Attributes:
        action: Such as `sagemaker:CreateModel`.
        resource: An ARN, or `*` where the action has none.
        context: Values of condition keys; the keys in lower case.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


class Verdict(Enum):
    """What policies say."""

    ALLOWED = "allowed"
    DENIED = "denied"  # explicitly
    SILENT = "silent"  # which is a no


def parse(text: str) -> Document:
    """Read a policy document."""
    document: Document = json.loads(text)
    return document


def verdict(documents: Iterable[Document], ask: Ask) -> Verdict:
    """Say whether policies of an identity, taken together, allow what is asked."""
    found = Verdict.SILENT
    for statement in _statements(documents):
        if not (_acts(statement, ask) and _about(statement, ask) and _met(statement, ask)):
            continue
        if statement["Effect"] == "Deny":
            return Verdict.DENIED
        found = Verdict.ALLOWED
    return found


def trusts(document: Document, principals: Mapping[str, Sequence[str]], ask: Ask) -> bool:
    """Say whether a role's trust policy lets somebody assume it.

    Args:
        document: The trust policy.
        principals: Who asks, by kind: {"AWS": [arn, account's arn, account]} or
            {"Service": ["sagemaker.amazonaws.com"]}.
        ask: `sts:AssumeRole` of the role.
    """
    found = False
    for statement in _statements([document]):
        if not (_acts(statement, ask) and _met(statement, ask) and _is_one(statement, principals)):
            continue
        if statement["Effect"] == "Deny":
            return False
        found = True
    return found


def _statements(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        yield from _many(document.get("Statement", []))


def _acts(statement: Document, ask: Ask) -> bool:
    if "NotAction" in statement:
        return not _any(statement["NotAction"], ask.action, re.IGNORECASE)
    return _any(statement.get("Action", []), ask.action, re.IGNORECASE)


def _about(statement: Document, ask: Ask) -> bool:
    if "NotResource" in statement:
        return not _any(_filled(statement["NotResource"], ask.context), ask.resource)
    return _any(_filled(statement.get("Resource", []), ask.context), ask.resource)


def _is_one(statement: Document, principals: Mapping[str, Sequence[str]]) -> bool:
    wanted = statement.get("Principal", {})
    if wanted == "*":
        return True
    return any(
        each == "*" or each in principals.get(kind, ())
        for kind, values in wanted.items()
        for each in _many(values)
    )


def _met(statement: Document, ask: Ask) -> bool:
    return all(
        _condition(operator, key, _filled(values, ask.context), ask.context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _condition(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    """Whether one key meets one operator, such as `ForAnyValue:StringLikeIfExists`."""
    quantifier, _, name = operator.rpartition(":")
    found = context.get(key.lower())
    if name == "Null":
        return (found is None) == (wanted[0].lower() == "true")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    if found is None:
        return optional or negated or quantifier == "ForAllValues"
    test = _OPERATORS[name.replace("Not", "")]

    def holds(value: str) -> bool:
        return any(test(value, each) for each in wanted) != negated

    # A key of several values meets a plain operator as one of a single value does: by its first.
    return all(map(holds, found)) if quantifier == "ForAllValues" else any(map(holds, found))


def _any(patterns: Any, value: str, flags: int = 0) -> bool:
    return any(_like(value, pattern, flags) for pattern in _many(patterns))


def _like(value: str, pattern: str, flags: int = 0) -> bool:
    return _compiled(pattern, flags).fullmatch(value) is not None


@lru_cache(1024)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    parts = (_WILDCARDS.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), flags | re.DOTALL)


def _filled(values: Any, context: Context) -> list[str]:
    """Put the context into `${aws:username}` and the like; what is unknown matches nothing."""

    def value(match: re.Match[str]) -> str:
        return context.get(match[1].lower(), ["\0"])[0]

    return [_VARIABLE.sub(value, str(_text(each))) for each in _many(values)]


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: test(float(value), float(wanted))


def _date(test: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: test(datetime.fromisoformat(value), datetime.fromisoformat(wanted))


_WILDCARDS = {"*": ".*", "?": "."}
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
    "DateLessThan": _date(lambda value, wanted: value < wanted),
    "DateGreaterThan": _date(lambda value, wanted: value > wanted),
    "IpAddress": lambda value, wanted: (
        ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    ),
}
