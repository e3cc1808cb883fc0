import pytest

from local_test.aws.sagemaker import training_metrics
from local_test.aws.sagemaker.training_metrics import Scraper
from train import metrics

DEFINITIONS = [{"Name": "loss", "Regex": r"loss=(\S+)"}, {"Name": "score", "Regex": "score (.*)"}]


def test_the_last_figure_of_each_metric_counts() -> None:
    scraper = Scraper(DEFINITIONS, "job")
    for line in (
        "loss=3 loss=2.5",
        "nothing",
        "loss=nan-ish",
        "loss=nan loss=inf",
        "score 7",
        "loss=1e-3",
    ):
        scraper(line)

    final = {each["MetricName"]: each["Value"] for each in scraper.final()}
    assert final == {"loss": 0.001, "score": 7.0}
    assert [each["Value"] for each in scraper.data()] == [3.0, 2.5, 7.0, 0.001]
    assert scraper.data()[0]["Dimensions"] == [{"Name": "TrainingJobName", "Value": "job"}]


def test_our_own_definitions_are_sound() -> None:
    assert not list(training_metrics.problems(metrics.definitions()))


@pytest.mark.parametrize(
    ("regex", "said"),
    [("loss=(", "no regular expression"), ("loss=.*", "no group"), ("a(?:b)", "no group")],
)
def test_definitions_that_find_nothing_are_told(regex: str, said: str) -> None:
    (problem,) = training_metrics.problems([{"Name": "loss", "Regex": regex}])

    assert said in problem
    assert "metric loss" in problem
