"""moto's state, written again from its journal."""

import json
from pathlib import Path

from werkzeug.wrappers import Response

from local_test.aws import owner
from local_test.aws.identities import Identities
from local_test.aws.moto_services import Call, Moto

ACCOUNT, REGION = "777777777777", "us-east-1"


def ask(moto: Moto, action: str, more: str = "") -> Response:
    body = f"Action={action}&Version=2010-05-08&{more}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return moto(Call("iam", action, REGION, "key", "POST", "/", headers, body))


def test_keys_are_the_same_again(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with Moto(ACCOUNT, journal) as moto:
        made = owner.create(moto, REGION)
        users = ask(moto, "ListUsers").get_data()
    with Moto(ACCOUNT, journal) as moto:
        found = Identities(ACCOUNT).find(made.key)
        assert found is not None
        assert (found.secret, found.name) == (made.secret, "laptop")
        assert _without_dates(ask(moto, "ListUsers").get_data()) == _without_dates(users)
    assert journal.stat().st_mode & 0o077 == 0


def _without_dates(text: bytes) -> list[bytes]:
    """Moto's request ids and dates are those of today."""
    lines = text.replace(b"><", b">\n<").splitlines()
    return [line for line in lines if b"Date>" not in line and b"RequestId>" not in line]


def test_reads_and_refusals_are_not_written(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with Moto(ACCOUNT, journal) as moto:
        assert ask(moto, "ListUsers").status_code == 200
        assert ask(moto, "DeleteUser", "UserName=none").status_code == 404
        assert journal.read_text() == ""
        ask(moto, "CreateUser", "UserName=a")
    assert [json.loads(line)["action"] for line in journal.read_text().splitlines()] == [
        "CreateUser"
    ]


def test_end_that_a_crash_has_cut(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with Moto(ACCOUNT, journal) as moto:
        ask(moto, "CreateUser", "UserName=whole")
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"service": "iam", "act')
    with Moto(ACCOUNT, journal) as moto:
        assert b"whole" in ask(moto, "ListUsers").get_data()
        ask(moto, "CreateUser", "UserName=later")
    with Moto(ACCOUNT, journal) as moto:
        assert b"later" in ask(moto, "ListUsers").get_data()


def test_accounts_do_not_meet(tmp_path: Path) -> None:
    with Moto(ACCOUNT, tmp_path / "one") as one, Moto("666666666666", tmp_path / "two") as two:
        ask(one, "CreateUser", "UserName=mine")
        assert b"mine" in ask(one, "ListUsers").get_data()
        assert b"mine" not in ask(two, "ListUsers").get_data()
    with Moto(ACCOUNT, tmp_path / "three") as three:
        assert b"mine" not in ask(three, "ListUsers").get_data()
