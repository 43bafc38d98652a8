"""What a run says while it works: a line for each rule with how many of its jobs are done.

Made from the records that Snakemake logs. Its own lines about each job stay in its log file, below .snakemake/log/.
"""

import logging
import time
from collections import Counter
from typing import TextIO

CHATTER = {"job_info", "job_started", "job_finished", "progress", "shellcmd", "resources_info", "run_info"}
SAID = (
    "Select jobs to execute",
    "Using shell:",
    "Conda environments:",
    "Singularity containers:",
    "Assuming unrestricted",
)


class Chatter(logging.Filter):
    """Leave out what Snakemake says of each job and of itself; warnings and errors stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is for the terminal."""
        if record.levelno > logging.INFO:
            return True
        return event(record) not in CHATTER and not record.getMessage().startswith(SAID)


class Lines(logging.Handler):
    """Write a line for each rule when its last job is done; on a terminal the line counts while they work."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.INFO)
        self.stream, self.live = stream, stream.isatty()
        self.jobs: dict[int, str] = {}  # of each job, its rule
        self.total: dict[str, int] = {}  # of each rule, its jobs
        self.done: Counter[str] = Counter()
        self.started: dict[str, float] = {}  # of each rule, when its first job started
        self.open = False  # whether a line is not ended yet

    def emit(self, record: logging.LogRecord) -> None:
        """Count what a record tells of jobs."""
        match event(record):
            case "run_info":
                self.total = {rule: count for rule, count in record.stats.items() if rule != "total"}
            case "job_info":
                self.jobs[record.jobid] = record.rule_name
                self.started.setdefault(record.rule_name, time.monotonic())
            case "job_finished" if record.job_id in self.jobs:
                self._count(self.jobs.pop(record.job_id))
            case _ if self.open and Chatter().filter(record):  # another handler will write it
                self._write("\n")
                self.open = False

    def _count(self, rule: str) -> None:
        self.done[rule] += 1
        done, total = self.done[rule], max(self.total.get(rule, 0), self.done[rule])
        if self.live:
            self._write("\r\x1b[K")  # over the line before
        if self.live or done == total:
            self._write(f"{rule}: {done} of {total}")
        self.open = self.live and done < total
        if done == total:
            self._write(f", {time.monotonic() - self.started[rule]:.0f} s\n")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def event(record: logging.LogRecord) -> str:
    """Return which kind of Snakemake's records one is; empty for none."""
    return str(getattr(record, "event", None) or "")


def attach(logger: logging.Logger) -> None:
    """Have a logger's terminal show lines of rules instead of what is said of each job; its files stay as they are."""
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.addFilter(Chatter())
            logger.removeHandler(handler)
            logger.addHandler(Lines(handler.stream))  # first, so that it can end its line
            logger.addHandler(handler)
