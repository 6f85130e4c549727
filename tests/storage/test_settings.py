"""Settings come from the environment and $BROADSHEET_HOME/env; a wrong one is one line and exit 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from spiders.site import site_files
from storage.errors import StoreConfigError
from storage.settings import StoreSettings


def settings(home: Path, **env: str) -> StoreSettings:
    return StoreSettings.from_env({"BROADSHEET_HOME": str(home), **env})


def test_without_endpoint_and_bucket_the_store_is_embedded(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.embedded
    assert (found.bucket_name, found.prefix, found.home) == ("broadsheet", "", tmp_path)


def test_a_home_is_where_the_stack_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A unit file or a .env leaves the tilde as it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings(Path("~/archive")).home == tmp_path / "archive"
    (tmp_path / "archive" / "demo").mkdir(parents=True)
    (tmp_path / "archive" / "demo" / "sites.yaml").touch()
    assert tmp_path / "archive" / "demo" / "sites.yaml" in site_files({"BROADSHEET_HOME": "~/archive"})


def test_a_bucket_alone_means_aws(tmp_path: Path) -> None:
    found = settings(tmp_path, BROADSHEET_S3_BUCKET="news-archive", BROADSHEET_S3_REGION="eu-north-1")
    assert not found.embedded
    assert (found.endpoint, found.place) == (None, "AWS S3, bucket news-archive")


def test_an_endpoint_alone_means_the_default_bucket_there(tmp_path: Path) -> None:
    found = settings(tmp_path, BROADSHEET_S3_ENDPOINT="https://s3.example.org/")
    assert (found.endpoint, found.bucket_name, found.embedded) == ("https://s3.example.org", "broadsheet", False)


def test_boto3s_own_endpoint_variable_is_followed_for_a_named_bucket(tmp_path: Path) -> None:
    assert settings(tmp_path, AWS_ENDPOINT_URL="http://s3:9000").embedded
    found = settings(tmp_path, AWS_ENDPOINT_URL="http://s3:9000", BROADSHEET_S3_BUCKET="news")
    assert found.endpoint == "http://s3:9000"


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# ours\n\nexport BROADSHEET_S3_BUCKET='from-file'\nBROADSHEET_S3_PREFIX=/news/\n")
    assert settings(tmp_path).bucket == "from-file"
    found = settings(tmp_path, BROADSHEET_S3_BUCKET="from-env")
    assert (found.bucket, found.prefix) == ("from-env", "news")


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = settings(tmp_path, AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI")
    assert "wJalrXUtnFEMI" not in repr(found) + found.place


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"BROADSHEET_S3_ENDPOINT": "s3.example.org"}, "BROADSHEET_S3_ENDPOINT: write it as http"),
        ({"BROADSHEET_S3_ENDPOINT": "http://h:99999"}, "BROADSHEET_S3_ENDPOINT: Port out of range"),
        ({"BROADSHEET_S3_ENDPOINT": "http://key:secret@h"}, "BROADSHEET_S3_ENDPOINT: put the credentials in AWS_"),
        ({"BROADSHEET_S3_ENDPOINT": "http://h/bucket"}, "BROADSHEET_S3_ENDPOINT: write it as"),
        ({"BROADSHEET_S3_BUCKET": "No_Such"}, "BROADSHEET_S3_BUCKET: "),
        ({"BROADSHEET_S3_PREFIX": "a/../b"}, "BROADSHEET_S3_PREFIX: no . or .. folders"),
        ({"BROADSHEET_S3_PREFIX": "a b"}, "BROADSHEET_S3_PREFIX: write folders of"),
        ({"BROADSHEET_MIN_FREE_MIB": "much"}, "BROADSHEET_MIN_FREE_MIB: "),
        ({"AWS_ACCESS_KEY_ID": "a"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, env: dict[str, str], message: str) -> None:
    with pytest.raises(StoreConfigError) as caught:
        settings(tmp_path, **env)
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.exit_code == 2


def test_a_broken_env_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("BROADSHEET_S3_BUCKET=news\nwhat is this\n")
    with pytest.raises(StoreConfigError, match=r"env:2: not KEY=VALUE"):
        settings(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("BROADSHEET_S3_ENDPONT=http://h", "BROADSHEET_S3_ENDPONT: no such setting; BROADSHEET_S3_ENDPOINT is meant?"),
        ("broadsheet_s3_bucket=news", "broadsheet_s3_bucket: no such setting; BROADSHEET_S3_BUCKET is meant?"),
        ("export BROADSHEET_COLOUR=red", "BROADSHEET_COLOUR: no such setting; known are BROADSHEET_S3_ENDPOINT, "),
        ("BROADSHEET_SITES=mine.yaml", "BROADSHEET_SITES: is read from the environment only; export it there"),
    ],
)
def test_a_name_in_the_env_file_that_nothing_reads_is_refused(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "env").write_text(f"AWS_REGION=eu-north-1\n{line}\n")
    with pytest.raises(StoreConfigError) as caught:
        settings(tmp_path)
    assert caught.value.message.startswith(f"{tmp_path}/env:2: {message}")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", ["BROADSHEET_S3_ENDPONT", "BROADSHEET_S3ENDPOINT", "BROADSHEET_s3_endpoint"])
def test_a_variable_that_is_nearly_a_setting_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreConfigError, match=f"^{name}: no such setting; BROADSHEET_S3_ENDPOINT is meant"):
        settings(tmp_path, **{name: "http://h"})


def test_variables_that_others_name_after_us_are_left_alone(tmp_path: Path) -> None:
    others = ("SERVICE_HOST", "PORT_8333_TCP", "S3_SERVICE_HOST", "S3_SERVICE_PORT", "S3_PORT", "S3_PORT_8333_TCP_PORT")
    kept = (*others, "WEB_SERVICE_HOST", "CORPUS", "VENV", "PYTHON", "TEAM")
    assert settings(tmp_path, **{f"BROADSHEET_{name}": "x" for name in kept}).embedded


def test_an_env_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreConfigError, match=r"file/env: Not a directory; set BROADSHEET_HOME to a folder"):
        settings(tmp_path / "file")
    (tmp_path / "env").write_bytes(b"A=\xff\n")
    with pytest.raises(StoreConfigError, match=r"env: not UTF-8 at byte 2; save it"):
        settings(tmp_path)
