"""The failure file: what SageMaker shows as FailureReason (C5.41)."""

from pathlib import Path

from container.contract import FAILURE_REASON_LIMIT


def write_failure(path: Path, cause: str, detail: str = "") -> None:
    """Write why training failed, the cause first: only the first 1024 characters reach a person.

    A file that is already there stays: whoever failed first knows the cause best (C5.41).

    Args:
        path: Where the platform looks for it; missing parents are made (C5.45).
        cause: One sentence.
        detail: Anything else, a traceback for example; it follows the cause.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size:
        return
    cause = " ".join(cause.split())
    if len(cause) > FAILURE_REASON_LIMIT:
        cause = f"{cause[: FAILURE_REASON_LIMIT - 2]} …"
    text = f"{cause}\n\n{detail}".rstrip() + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")  # names of files may be odd


def clear_failure(path: Path) -> None:
    """Remove what an earlier attempt left: a success must not carry a failure (C5.8, C5.41)."""
    path.unlink(missing_ok=True)
