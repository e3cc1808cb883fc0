"""Names that follow from content, and the tags by which `destroy` knows what was made here.

Equal content gives equal names, so that a rerun finds what is there and a change makes a new thing
beside the old one, which a rollback needs.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from container.errors import UserError

PROJECT: Final = "blerssi"
MADE_BY: Final = "blerssi-deploy"
TAG_PROJECT: Final = "project"
TAG_OWNER: Final = "owner"
TAG_MADE_BY: Final = "made-by"
LONGEST: Final = 63  # characters of a name in SageMaker

_DIGITS = 10
_NAME = re.compile(r"[A-Za-z0-9](?:-*[A-Za-z0-9])*")
_TAG = re.compile(r"[\w\s.:/=+\-@]*")
_LONGEST_TAG = (128, 256)
_MOST_TAGS = 50


def digest(content: Any) -> str:
    """Ten hexadecimal digits that stand for some content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def named(stem: str, content: Any, *, longest: int = LONGEST) -> str:
    """Give the name of a thing with this content: `STEM-1f2e3d4c5b`.

    Raises:
        UserError: The stem cannot be part of a name.
    """
    check(stem, longest=longest - _DIGITS - 1)
    return f"{stem}-{digest(content)}"


def check(name: str, what: str = "The name", *, longest: int = LONGEST) -> str:
    """Give a name back that SageMaker takes.

    Raises:
        UserError: It does not.
    """
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise UserError(
            f"{what} is {name!r}; at most {longest} letters, digits and hyphens are allowed, "
            "with a letter or a digit at both ends."
        )
    return name


def tags(
    project: str = PROJECT, owner: str = "unknown", more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give the tags of everything that is made: project, owner, made-by, and the user's own.

    Raises:
        UserError: AWS would not take them, or they say otherwise who made it.
    """
    found = {TAG_PROJECT: project, TAG_OWNER: owner, TAG_MADE_BY: MADE_BY}
    if wrong := sorted(found.keys() & (more or {}).keys()):
        raise UserError(
            f"--tag {', '.join(wrong)} is given by the project itself.",
            hint="Use --project and --owner.",
        )
    found |= more or {}
    bad = [f"{key}={value}" for key, value in found.items() if not _is_tag(key, value)]
    if bad or len(found) > _MOST_TAGS:
        raise UserError(
            f"AWS takes no such tags: {', '.join(bad) or f'{len(found)} of them'}; allowed are "
            f"{_MOST_TAGS} names of 1 to 128 and values of up to 256 letters, digits, spaces "
            "and _.:/=+-@, none beginning with aws:."
        )
    return found


def as_list(
    found: Mapping[str, str], key: str = "Key", value: str = "Value"
) -> list[dict[str, str]]:
    """Write tags as most of AWS's services want them."""
    return [{key: name, value: text} for name, text in found.items()]


def as_mapping(
    found: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Read tags as most of AWS's services give them."""
    return {each[key]: each[value] for each in found}


def ours(found: Mapping[str, str], project: str = PROJECT) -> bool:
    """Tell whether something with these tags was made by this program for this project."""
    return found.get(TAG_MADE_BY) == MADE_BY and found.get(TAG_PROJECT) == project


def _is_tag(key: str, value: str) -> bool:
    return (
        0 < len(key) <= _LONGEST_TAG[0]
        and len(value) <= _LONGEST_TAG[1]
        and bool(_TAG.fullmatch(key) and _TAG.fullmatch(value))
        and not key.lower().startswith("aws:")
    )
