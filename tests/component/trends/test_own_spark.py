"""A Spark of the user's own: its settings, what its workers get, and what a failure means."""

import subprocess
import sys
from pathlib import Path

import pytest

from trends import own_spark
from trends.settings import Settings

OWN = {"SPARK_MASTER": "spark://spark.example:7077", "SPARK_DRIVER_HOST": "trends.example"}


def settings(**more: str) -> Settings:
    return Settings.from_environment(OWN | more)


def test_only_another_standalone_master_is_an_own_spark() -> None:
    assert settings().has_own_spark
    assert not Settings.from_environment({}).has_own_spark
    assert not settings(SPARK_MASTER="local[2]").has_own_spark
    pair = "spark://spark-master:7077,spark-master-2:7077"  # a cluster's
    assert not settings(SPARK_MASTER=pair).has_own_spark


def test_without_a_secret_nothing_is_authenticated() -> None:
    found = own_spark.properties(settings())
    assert found["spark.driver.host"] == "trends.example"
    assert (found["spark.driver.port"], found["spark.driver.blockManager.port"]) == ("7078", "7079")
    assert found["spark.authenticate"] == found["spark.network.crypto.enabled"] == "false"
    assert "spark.authenticate.secret" not in found
    # What exists in our image alone.
    assert "/opt/trends" not in "".join(found.values())
    assert found["spark.python.daemon.module"] == "pyspark.daemon"


def test_a_secret_authenticates_and_encrypts_and_is_not_shown() -> None:
    own = settings(SPARK_AUTH_SECRET="canary-secret")
    found = own_spark.properties(own)
    assert found["spark.authenticate.secret"] == "canary-secret"
    assert found["spark.authenticate"] == found["spark.network.crypto.enabled"] == "true"
    assert "canary" not in repr(own)


def test_workers_can_import_the_package_from_the_archive(tmp_path: Path) -> None:
    own_spark.pack(tmp_path / "package.zip")
    script = (
        "import trends.extract.columns as c, trends.extract.domains as d, "
        "trends.extract.worker_probe as w; d.second_level_domain(); "
        "assert '.zip' in c.__file__, c.__file__; print(w.problems([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(tmp_path / "package.zip"), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12",
            "SPARK_WORKER_PYTHON (python3) has another version than the driver's, 3.11",
        ),
        (
            "ModuleNotFoundError: No module named 'msgspec'",
            "SPARK_WORKER_PYTHON (python3) lacks the package msgspec: install it there",
        ),
        (
            'java.io.IOException: Cannot run program "python9": error=2',
            "SPARK_WORKER_PYTHON (python3) does not exist there",
        ),
        ("java.io.InvalidClassException: local class", "they have another version of Spark than"),
        ("something else\nwith a trace", "something else"),
    ],
)
def test_what_a_worker_lacks_is_said_in_one_line(text: str, said: str) -> None:
    found = own_spark.explain(RuntimeError(text), settings())
    assert found.startswith(said)
    assert "\n" not in found
