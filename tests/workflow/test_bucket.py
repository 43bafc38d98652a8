"""Results in a bucket, with a server for S3 on this machine; only where the packages for it are installed.

They are not among the tests' own, whose python-dateutil 4 botocore excludes; pip puts another in its place:
pip install snakemake-storage-plugin-s3 "moto[s3]" flask flask-cors
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import running
from test_own_photos import collection

pytest.importorskip("snakemake_storage_plugin_s3")
pytest.importorskip("moto")
boto3 = pytest.importorskip("boto3")

pytestmark = pytest.mark.slow
KEY = "testing"


@pytest.fixture(scope="module")
def server():
    """The address of a server with an empty bucket named parts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        running.wait_for(lambda: answers(port))
        client(address).create_bucket(Bucket="parts")
        yield address
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Return whether somebody listens."""
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def client(server: str):
    """A client of the server."""
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY, "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server, **keys)


def stored(server: str, path: str) -> bytes:
    """Read an object of the bucket."""
    return client(server).get_object(Bucket="parts", Key=path)["Body"].read()


def run(folder: Path, server: str, *arguments: str) -> str:
    """Run with the results in the bucket, below the folder's name; return what was said."""
    options = ["--default-storage-provider", "s3", "--default-storage-prefix", f"s3://parts/{folder.name}"]
    options += ["--storage-s3-endpoint-url", server, "--storage-s3-access-key", KEY, "--storage-s3-secret-key", KEY]
    return running.run(
        folder, "--cores", "2", *options, *arguments, env=running.environment(AWS_DEFAULT_REGION="us-east-1")
    )


def test_results_in_a_bucket_are_those_of_a_run_on_disk(server, tiny_run, tmp_path):
    folder = running.tiny(tmp_path / "drawn")
    assert "Done. The results are in s3://parts/drawn" in run(folder, server)
    assert "Nothing to be done" in run(folder, server)
    entries = json.loads(stored(server, "drawn/results/manifest.json"))["results"]
    assert {path: entry["values"] for path, entry in entries.items()} == running.values(tiny_run)
    assert b"snakemake --cores 2" in stored(server, "drawn/results/report.html")
    changed = running.planned(run(folder, server, "-n", "--config", "false_alarm_rate=0.1"))
    assert changed >= {"learn_model", "inspect_images", "gather_verdicts", "write_manifest"}
    assert not {name for name in changed if name.startswith(("draw_set", "read_", "measure_metrics"))}


def test_photos_on_disk_have_their_results_in_a_bucket(server, tmp_path):
    folder = collection(running.tiny(tmp_path / "photos"))
    settings = ("--config", "photos=photos", "mosaic_size=20", "words=colour")
    run(folder, server, *settings)
    assert json.loads(stored(server, "photos/results/summary.json"))["counts"]["flagged"] >= 2
    assert "Nothing to be done" in run(folder, server, *settings)
