"""Lines of a run while it works, from records as Snakemake logs them."""

import io
import logging

import pytest

from soart.plan import progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, tmp_path) -> str:
    """Log as Snakemake does: two jobs of one rule, one of another, a warning and an error; what the stream got."""
    logger = logging.Logger("snakemake", logging.INFO)
    logger.addHandler(logging.StreamHandler(stream))
    logger.addHandler(logging.FileHandler(tmp_path / "log"))
    progress.attach(logger, ["read", "learn"])
    logger.info("Building DAG of jobs...")
    logger.info(
        "Job stats:",
        extra={"event": "run_info", "stats": {"read_good": 1, "read_bad": 1, "learn": 1, "all": 1, "total": 4}},
    )
    logger.info("Select jobs to execute...")
    for job, rule in ((1, "read_good"), (2, "read_bad"), (3, "learn"), (4, "all")):
        logger.info(f"Rule: {rule}, input: 700 names", extra={"event": "job_info", "jobid": job, "rule_name": rule})
    logger.info("Finished jobid: 2", extra={"event": "job_finished", "job_id": 2})
    logger.warning("a file is late")
    logger.info("Finished jobid: 1", extra={"event": "job_finished", "job_id": 1})
    logger.info("Finished jobid: 4", extra={"event": "job_finished", "job_id": 4})
    logger.info("1 of 4 steps", extra={"event": "progress"})
    logger.info("Finished jobid: 9", extra={"event": "job_finished", "job_id": 9})  # of which nothing was said
    logger.error("Error in rule learn", extra={"event": "job_error"})
    return stream.getvalue()


def test_a_line_a_rule_when_it_is_done_and_warnings_and_errors(tmp_path):
    said = run(io.StringIO(), tmp_path)
    assert said == "Building DAG of jobs...\n3 jobs\na file is late\nread: 2 of 2, 0 s\nError in rule learn\n"


def test_a_terminal_counts_while_jobs_work(tmp_path):
    said = run(Terminal(), tmp_path)
    assert "\r\x1b[Kread: 1 of 2\na file is late\n" in said
    assert "\r\x1b[Kread: 2 of 2, 0 s\n" in said
    assert "700 names" not in said


def test_the_log_file_keeps_everything(tmp_path):
    run(io.StringIO(), tmp_path)
    kept = (tmp_path / "log").read_text(encoding="utf-8")
    assert kept.count("700 names") == 4
    assert "Select jobs to execute..." in kept


@pytest.mark.parametrize("jobs", [0, 1])
def test_more_jobs_than_were_told(jobs):
    stream = io.StringIO()
    logger = logging.Logger("snakemake", logging.INFO)
    logger.addHandler(progress.Lines(stream))
    logger.info("", extra={"event": "run_info", "stats": {"read": jobs, "total": jobs}})
    for job in (1, 2):
        logger.info("", extra={"event": "job_info", "jobid": job, "rule_name": "read"})
        logger.info("", extra={"event": "job_finished", "job_id": job})
    assert stream.getvalue() == f"{jobs} job{'s' * (jobs != 1)}\nread: 1 of 1, 0 s\nread: 2 of 2, 0 s\n"


@pytest.mark.parametrize(("said", "calls"), [("Nothing to be done (all is there).", 1), ("3 of 4 steps", 0)])
def test_it_is_told_where_nothing_is_to_be_done(said, calls):
    stream, called = io.StringIO(), []
    logger = logging.Logger("snakemake", logging.INFO)
    logger.addHandler(logging.StreamHandler(stream))
    progress.attach(logger, idle=lambda: called.append(stream.getvalue()))
    logger.info(said)
    assert len(called) == calls
    assert stream.getvalue() == f"{said}\n"


@pytest.mark.parametrize(
    ("words", "shell", "line"),
    [
        (["--cores", "4"], "/elsewhere", "cd /data/run && snakemake --cores 4"),
        (["--directory", "run", "-c1"], "/data", "cd /data && snakemake --directory run -c1"),
        (["-d=run", "a b"], "/data", "cd /data && snakemake -d=run 'a b'"),
        (["--directory=/data/run"], "/home", "cd /home && snakemake --directory=/data/run"),
        (["--directory", "run"], "/home", "snakemake --directory run # in the folder where it was given"),
    ],
)
def test_the_line_that_started_a_run(words, shell, line):
    assert progress.command(words, "/data/run", shell) == line
