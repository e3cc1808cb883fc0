"""Tables and error bodies as text for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def render(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a table in columns; numbers are aligned to the right."""
    cells = [list(header), *([_text(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [
        bool(rows) and all(_is_number(row[i]) for row in rows if row[i] is not None)
        for i in range(len(header))
    ]
    lines = [
        "  ".join(
            text.rjust(width) if flush else text.ljust(width)
            for text, width, flush in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def predictions(body: bytes) -> str | None:
    """Lay out the JSON of a model with a signature; None for any other answer.

    The names of the columns are those of the answer.
    """
    try:
        answers = json.loads(body)["predictions"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(answers, list) or not all(isinstance(each, dict) for each in answers):
        return None
    flat = [flatten(each) for each in answers]
    names = list(dict.fromkeys(name for each in flat for name in each))
    return render(names, [[each.get(name) for name in names] for each in flat])


def flatten(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give an answer's columns: the position's axes in its place, of the candidates the labels."""
    flat: dict[str, Any] = {}
    for name, value in answer.items():
        match value:
            case dict():
                flat |= value
            case list():
                rest = [next(iter(each.values()), "") for each in value[1:]]
                flat["next best"] = " ".join(map(_text, rest))
            case _:
                flat[name] = value
    return flat


def error(status: int, body: bytes) -> str:
    """Unfold an error body: cause, hint, one line a problem, request id (C1.45)."""
    try:
        fields = json.loads(body)["error"]
        lines = [f"Error {status}, {fields['code']}: {fields['message']}"]
        lines += [fields["hint"]] if fields["hint"] else []
        lines += [_problem(each) for each in fields["problems"]]
        if (more := fields["problems_total"] - len(fields["problems"])) > 0:
            lines.append(f"  ... and {more} more")
        return "\n".join([*lines, f"Request id: {fields['request_id']}"])
    except (ValueError, KeyError, TypeError):
        return f"Error {status}: {body[:2048].decode('utf-8', 'replace')}"


def _problem(problem: Mapping[str, Any]) -> str:
    row = None if problem["row"] is None else f"row {problem['row']}"
    field = None if problem["field"] is None else f"field {problem['field']}"
    place = ", ".join(filter(None, (row, field))) or "request"
    return f"  {place}: got {json.dumps(problem['got'])}, expected {problem['expected']}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
