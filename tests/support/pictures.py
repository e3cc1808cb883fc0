"""Looking into SVG pictures."""

import xml.etree.ElementTree as ET

_NAMESPACE = "{http://www.w3.org/2000/svg}"


def root(picture: str) -> ET.Element:
    """The picture as a tree; it fails where the picture is not well-formed."""
    return ET.fromstring(picture)  # noqa: S314 - the picture is our own


def elements(picture: str, name: str, kind: str = "", **attributes: str) -> list[ET.Element]:
    """The elements of a name, a class and other attributes, in the order of drawing."""
    wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
    wanted |= {"class": kind} if kind else {}
    return [
        each
        for each in root(picture).iter(f"{_NAMESPACE}{name}")
        if all(each.get(key) == value for key, value in wanted.items())
    ]


def texts(picture: str, name: str = "text", kind: str = "") -> list[str]:
    """The words of such elements."""
    return [each.text or "" for each in elements(picture, name, kind)]
