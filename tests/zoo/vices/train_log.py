"""Vices of what a training prints."""

from tests.zoo.trainer import Trainer
from tests.zoo.vice import vice


@vice("progress-bar", "C5.50", group="train")
class ProgressBar(Trainer):
    """Rewrites one line over and over."""

    def report(self, epoch: int, loss: float) -> None:
        print(f"\r[{'#' * epoch:10}] epoch={epoch} loss={loss:.4f}", end="", flush=True)

    def save(self, weight: float) -> None:
        print()
        super().save(weight)


@vice("exponents", "C5.50", group="train")
class Exponents(Trainer):
    """Prints numbers as the language likes them."""

    def report(self, epoch: int, loss: float) -> None:
        print(f"epoch={epoch} loss={loss:e}", flush=True)


@vice("buffered-metrics", "C5.50", group="train")
class BufferedMetrics(Trainer):
    """Prints when all is over."""

    lines = ""

    def report(self, epoch: int, loss: float) -> None:
        self.lines += f"epoch={epoch} loss={loss:.4f}\n"

    def save(self, weight: float) -> None:
        print(self.lines, end="", flush=True)
        super().save(weight)


@vice("rare-metric", "C5.51", group="train")
class RareMetric(Trainer):
    """Judges every tenth epoch, and the short job has three."""

    def report(self, epoch: int, loss: float) -> None:
        if epoch % 10 == 9:
            super().report(epoch, loss)
        else:
            print(f"epoch={epoch}", flush=True)


@vice("silent", "C5.51", "C5.57", group="train")
class Silent(Trainer):
    """Has a log file of its own."""

    def report(self, epoch: int, loss: float) -> None:
        path = self.base / "output" / "data" / "log.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"epoch={epoch} loss={loss:.4f}\n")
