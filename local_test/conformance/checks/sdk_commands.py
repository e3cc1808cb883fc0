"""What harnesses run in an image besides `train` and `serve` (C7.24)."""

import stat

from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check


@check(
    "C7.24",
    group="sdk-harness",
    title="`chmod -R 777 FOLDER` runs through the entry point",
    expected="exit code 0, and the folder open to all",
)
def other_arguments_are_commands(lab: Lab) -> None:
    """The SDK removes files of root that way."""
    base = lab.folder()
    folder = base / "delete"
    folder.mkdir(mode=0o700)
    command = ("chmod", "-R", "777", lab.subject.path(base, folder.name))
    with lab.fresh(command, base=base, ready=False) as container:
        code = container.wait(lab.start_seconds)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if code or mode != 0o777:
            raise Violation(f"exit code {code}, mode {mode:o}", container)
