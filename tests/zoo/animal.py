"""The entry point of a container of the zoo: `[--vice NAME] serve | train | COMMAND ...`."""

import os
import sys
from collections.abc import Mapping, Sequence

from tests.zoo.server import Server
from tests.zoo.trainer import Trainer
from tests.zoo.vice import discover


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Do what the arguments say and give the exit code."""
    server: type[Server] = Server
    trainer: type[Trainer] = Trainer
    rest = list(arguments)
    if rest[:1] == ["--vice"]:
        animal = discover()[rest[1]].animal
        if issubclass(animal, Server):
            server = animal
        elif issubclass(animal, Trainer):
            trainer = animal
        else:
            server = type(animal.__name__, (Server,), {"hub": animal})
        rest = rest[2:]
    match rest:
        case ["serve"]:
            return server(variables).run()
        case ["train"] | []:
            return trainer(variables).run()
        case command:
            return server(variables).execute(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
