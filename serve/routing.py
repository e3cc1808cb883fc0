"""What a route is: declared once, for Flask and for the documentation."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response


class Route(NamedTuple):
    """One route.

    Attributes:
        path: Its parameters stand between braces.
        methods: Every other one is answered 405.
        text: What it answers.
    """

    path: str
    methods: tuple[str, ...]
    text: str


def add(app: Flask, route: Route, handler: Callable[..., Response]) -> None:
    """Let a function answer a route; the path's parameters become its arguments."""
    app.add_url_rule(
        route.path.replace("{", "<").replace("}", ">"),
        f"{'/'.join(route.methods)} {route.path}",
        handler,
        methods=list(route.methods),
        provide_automatic_options=False,
    )
