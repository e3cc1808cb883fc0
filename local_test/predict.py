"""`python -m local_test predict`: a payload to a server, the answers as a table."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from container import contract
from container.errors import UserError
from local_test import client, table

HELP = "ask a server and print its answers"
EXAMPLES = """examples:
  python -m local_test predict local_test/payload.csv
  python -m local_test predict scans.json --custom-attributes top_k=5
  python -m local_test predict scans.npy --accept text/csv
  echo '[[-78,-200,...]]' | python -m local_test predict - --content-type application/json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("payload", metavar="FILE", help="the request's body; - reads stdin")
    parser.add_argument(
        "--url", default=f"http://127.0.0.1:{contract.PORT}", help="default: %(default)s"
    )
    parser.add_argument(
        "--content-type", metavar="TYPE", help="of the body (default: by the file's suffix)"
    )
    parser.add_argument(
        "--accept", metavar="TYPE", help="of the answer, which is then printed as it comes"
    )
    parser.add_argument(
        "--custom-attributes", metavar="TEXT", help="for this request, such as top_k=5"
    )
    parser.add_argument("--json", action="store_true", help="print the answer's JSON as it comes")


def run(arguments: argparse.Namespace, _variables: Mapping[str, str]) -> int:
    """Ask, print, and give 0 for an answer and 1 for an error.

    Raises:
        ContainerError: The payload cannot be read, or nobody answers.
    """
    body, guessed = _payload(arguments.payload, arguments.content_type)
    answer = client.invoke(
        arguments.url,
        body,
        guessed,
        accept=arguments.accept or "application/json",
        attributes=arguments.custom_attributes,
    )
    if answer.status >= 400:
        print(table.error(answer.status, answer.body), file=sys.stderr)
        return 1
    as_it_comes = arguments.json or arguments.accept
    text = None if as_it_comes else table.predictions(answer.body)
    if text is not None:
        print(text)
        return 0
    sys.stdout.buffer.write(answer.body)
    if sys.stdout.isatty() and not answer.body.endswith(b"\n"):
        print()
    sys.stdout.flush()
    return 0


def _payload(name: str, media_type: str | None) -> tuple[bytes, str]:
    if name == "-":
        if media_type is None:
            raise UserError("What comes from stdin has no name; say its --content-type.")
        return sys.stdin.buffer.read(), media_type
    path = Path(name)
    media_type = media_type or client.content_type(path)
    try:
        return path.read_bytes(), media_type
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
