"""Settings come from the environment and $BROADSHEET_HOME/env; a wrong one is one line and exit 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import StoreConfigError
from storage.settings import StoreSettings


def settings(home: Path, **env: str) -> StoreSettings:
    return StoreSettings.from_env({"BROADSHEET_HOME": str(home), **env})


def test_without_endpoint_and_bucket_the_store_is_embedded(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.embedded
    assert (found.bucket_name, found.prefix, found.home) == ("broadsheet", "", tmp_path)


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
