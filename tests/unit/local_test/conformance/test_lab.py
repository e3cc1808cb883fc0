from pathlib import Path
from typing import Any, NoReturn

import pytest

from container.errors import UserError
from local_test.conformance.draft import Draft
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Materials, Payload, Streaming
from local_test.conformance.registry import NotChecked, Violation
from local_test.conformance.subject import UNLIMITED, Limits, refuse_without_docker
from tests.support.conformance import StubContainer, StubSubject


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.json").write_text("{}")
    return folder


def lab(tmp_path: Path, model: Path | None, *status: int, **materials: object) -> Lab:
    brought = Materials(model=model, **materials)  # type: ignore[arg-type]
    return Lab(StubSubject(status=status or (200,)), brought, tmp_path / "bases", 0.05)


def started(made: Lab) -> list[StubContainer]:
    assert isinstance(made.subject, StubSubject)
    return [container for _, _, container in made.subject.started]


def test_a_server_is_shared_by_its_variables(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model, variables={"ALL": "1"})

    plain, again, batch = made.server(), made.server(), made.server(SAGEMAKER_BATCH="true")

    assert plain is again
    assert batch is not plain
    assert [each[1] for each in made.subject.started] == [  # type: ignore[attr-defined]
        {"ALL": "1"},
        {"ALL": "1", "SAGEMAKER_BATCH": "true"},
    ]
    assert (plain.base / "model" / "weights.json").is_file()
    made.close()
    assert all(each.is_removed for each in started(made))


def test_a_server_that_has_died_is_started_anew(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model)
    made.server().kill()

    assert made.server().poll() is None
    assert len(started(made)) == 2


def test_a_server_that_is_about_to_die_is_started_anew(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check before may have broken it, and its process may not have ended yet."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise NoAnswer("connection refused")

    made = lab(tmp_path, model)
    monkeypatch.setattr(made.server(), "request", refuse)

    assert made.server() is made.server()
    assert [each.is_removed for each in started(made)] == [True, False]


def test_a_server_that_never_becomes_ready_is_tried_once(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model, 503)

    for _ in range(2):
        with pytest.raises(NotChecked, match=r"status 503 after 0\.05 s"):
            made.server()

    assert [each.is_removed for each in started(made)] == [True]


def test_many_models_begin_with_none(tmp_path: Path) -> None:
    base = lab(tmp_path, None).server(SAGEMAKER_MULTI_MODEL="true").base

    assert [each.name for each in base.iterdir()] == ["models"]


def test_a_fresh_server_is_gone_after_its_block(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model)

    with made.fresh(variables={"A": "1"}) as server:
        assert made.used == [server]

    assert [each.is_removed for each in started(made)] == [True]


def test_not_ready_is_a_violation_where_the_plain_server_is(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model, 503, 200)

    with pytest.raises(Violation, match="status 503"), made.fresh(variables={"A": "1"}):
        pytest.fail("never ready")


def test_not_ready_is_no_finding_where_no_server_is(tmp_path: Path, model: Path) -> None:
    made = lab(tmp_path, model, 503)

    for _ in range(2):  # the second time nobody waits
        with pytest.raises(NotChecked), made.fresh():
            pytest.fail("never ready")

    assert len(started(made)) == 2  # one of its own, and the plain one to compare with


def test_where_no_server_is_ready_many_models_have_their_chance(
    tmp_path: Path, model: Path
) -> None:
    made = lab(tmp_path, model, 503, 200)
    with pytest.raises(NotChecked):
        made.server()

    with made.fresh(variables={"SAGEMAKER_MULTI_MODEL": "true"}) as server:
        assert server.status == 200  # type: ignore[attr-defined]


def test_a_job_is_laid_out_and_changed(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("1\n")
    made = lab(tmp_path, None, channels={"training": data}, hyperparameters={"epochs": "2"})

    def change(draft: Draft) -> None:
        config = draft.places.config_dir
        draft.remove(config / "resourceconfig.json", draft.places.data_dir / "training")
        draft.configure("inputdataconfig.json", b"")
        draft.variables["A"] = "1"

    with made.job(changes=[change]) as running:
        config = running.base / "input" / "config"
        found = {each.name for each in config.iterdir()}

        assert found == {"hyperparameters.json", "inputdataconfig.json"}
        assert (config / "hyperparameters.json").read_text() == '{"epochs": "2"}'
        assert (config / "inputdataconfig.json").read_bytes() == b""
        assert not (running.base / "input/data/training").exists()
    (arguments, variables, _) = made.subject.started[0]  # type: ignore[attr-defined]
    assert arguments == ("train",)
    assert variables["A"] == "1"
    assert variables["TRAINING_JOB_NAME"].startswith("local-")


def test_what_training_left_is_gathered(tmp_path: Path) -> None:
    class Trains(StubSubject):
        def start(self, *arguments: Any, base: Path, **options: Any) -> StubContainer:
            made = super().start(*arguments, base=base, **options)
            (base / "model" / "deep").mkdir()
            (base / "model" / "deep" / "weights").touch()
            (base / "model" / "link").symlink_to("deep")
            made.code = 0
            return made

    data = tmp_path / "rows.csv"
    data.touch()
    made = Lab(Trains(), Materials(channels={"training": data}), tmp_path / "bases")

    assert made.trained.model_files == ("deep/weights", "link")
    assert (made.trained.exit_code, made.trained.failure) == (0, None)
    assert made.model == made.trained.base / "model"


def test_a_training_that_does_not_end_is_a_violation(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.touch()
    made = lab(tmp_path, None, channels={"training": data}, train_seconds=0.01)

    with pytest.raises(Violation, match=r"still running after 0\.01 s"):
        made.train()

    assert started(made)[0].is_removed


def test_a_model_that_streams_has_a_server_of_its_own(tmp_path: Path, model: Path) -> None:
    other = tmp_path / "streaming"
    (other / "code").mkdir(parents=True)
    asked = Streaming(Payload(b"1", "text/csv", streams=True), other)
    made = lab(tmp_path, model, streaming=asked)

    usual, streaming = made.server(), made.server(other)

    assert made.materials.streamed() is asked
    assert [each.name for each in (streaming.base / "model").iterdir()] == ["code"]
    assert made.server(other) is streaming is not usual
    made.close()
    assert all(each.is_removed for each in started(made))


def test_what_is_missing_makes_clauses_unchecked(tmp_path: Path) -> None:
    made = lab(tmp_path, None)

    with pytest.raises(NotChecked, match="--model"):
        _ = made.model
    with pytest.raises(NotChecked, match="--training"):
        _ = made.trained
    with pytest.raises(NotChecked, match="--payload"):
        _ = made.materials.payload
    with pytest.raises(NotChecked, match="streams = true"):
        made.materials.streamed()


def test_a_channel_that_is_not_there_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing at"):
        lab(tmp_path, None, channels={"training": tmp_path / "no"}).train()


def test_a_payload_is_found_by_its_media_type() -> None:
    csv = Payload(b"1", "Text/CSV; charset=utf-8", "text/csv")
    materials = Materials(payloads=(Payload(b"{}", "application/json", streams=True), csv))

    assert materials.payload_of("text/csv") is csv
    assert materials.streamed() == Streaming(materials.payload)
    assert csv.headers == {"Content-Type": "Text/CSV; charset=utf-8", "Accept": "text/csv"}
    with pytest.raises(NotChecked, match="application/x-npy"):
        materials.payload_of("application/x-npy")


def test_only_docker_can_take_things_away() -> None:
    refuse_without_docker(UNLIMITED, None)
    with pytest.raises(NotChecked, match="needs Docker"):
        refuse_without_docker(Limits(read_only=True), None)
    with pytest.raises(NotChecked, match="needs Docker"):
        refuse_without_docker(UNLIMITED, ["sh"])


def test_stopping_kills_what_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gentle, deaf = StubContainer(tmp_path), StubContainer(tmp_path)
    monkeypatch.setattr(deaf, "signal", lambda _: None)

    assert (gentle.stop(1), gentle.stop(1), deaf.stop(0.01)) == (143, 143, 137)


def test_an_end_before_the_first_ping_is_a_violation(tmp_path: Path) -> None:
    container = StubContainer(tmp_path)
    container.code = 3

    assert not container.is_ready(1)
    with pytest.raises(Violation, match="exit code 3"):
        container.until_ping(1)
