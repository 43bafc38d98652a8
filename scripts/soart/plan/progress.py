"""Progress: what a run says while it works: a line for each stage with how many of its jobs are done.

Made from the records that Snakemake logs. Its own lines about each job stay in its log file, below .snakemake/log/.
"""

import argparse
import logging
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

CHATTER = {"job_info", "job_started", "job_finished", "progress", "shellcmd", "resources_info", "run_info"}
SAID = (
    "Select jobs to execute",
    "Using shell:",
    "Conda environments:",
    "Singularity containers:",
    "Assuming unrestricted",
)


TARGET = "all"  # the rule that only names what is to be made: no job for a reader
NOTHING = "Nothing to be done"  # how Snakemake begins what it says where all is up to date


class Chatter(logging.Filter):
    """Leave out what Snakemake says of each job and of itself; warnings and errors stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is for the terminal."""
        if record.levelno > logging.INFO:
            return True
        return event(record) not in CHATTER and not record.getMessage().startswith(SAID)


class Lines(logging.Handler):
    """Write a line for each stage when its last job is done; on a terminal the line counts while they work.

    A stage is a rule, or all rules whose names begin as it does: read_set_learn, read_set_normal.
    """

    def __init__(self, stream: TextIO, stages: Iterable[str] = (), idle: Callable[[], None] | None = None) -> None:
        super().__init__(logging.INFO)
        self.stream, self.live, self.stages = stream, stream.isatty(), tuple(stages)
        self.idle = idle  # called where there is nothing to be done
        self.jobs: dict[int, str] = {}  # of each job, its stage
        self.total: Counter[str] = Counter()  # of each stage, its jobs
        self.done: Counter[str] = Counter()
        self.started: dict[str, float] = {}  # of each stage, when its first job started
        self.open = False  # whether a line is not ended yet

    def emit(self, record: logging.LogRecord) -> None:
        """Count what a record tells of jobs."""
        match event(record):
            case "run_info":
                for rule, count in record.stats.items():
                    self.total[self._stage(rule)] += count
                count = self.total.pop("total") - self.total.get(TARGET, 0)
                self._write(f"{count} job{'' if count == 1 else 's'}\n")
            case "job_info" if record.rule_name != TARGET:
                self.jobs[record.jobid] = stage = self._stage(record.rule_name)
                self.started.setdefault(stage, time.monotonic())
            case "job_finished" if record.job_id in self.jobs:
                self._count(self.jobs.pop(record.job_id))
            case _ if self.idle and record.getMessage().startswith(NOTHING):
                self.idle()
            case _ if self.open and Chatter().filter(record):  # another handler will write it
                self._write("\n")
                self.open = False

    def _stage(self, rule: str) -> str:
        return next((stage for stage in self.stages if rule.startswith(f"{stage}_")), rule)

    def _count(self, stage: str) -> None:
        self.done[stage] += 1
        done, total = self.done[stage], max(self.total[stage], self.done[stage])
        if self.live:
            self._write("\r\x1b[K")  # over the line before
        if self.live or done == total:
            self._write(f"{stage}: {done} of {total}")
        self.open = self.live and done < total
        if done == total:
            self._write(f", {time.monotonic() - self.started[stage]:.0f} s\n")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def record_command(path: str, words: list[str], here: str, shell: str) -> None:
    """Write the line that started the run: `command`."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(command(words, here, shell) + "\n", encoding="utf-8")


def command(words: list[str], here: str, shell: str) -> str:
    """Return the line that started a run: the folder, and what was given to `snakemake`.

    The run is `here`, where a `--directory` may have led it from where the line was given. That is the folder of the
    `shell`, as its PWD says, if it leads from there; else nobody knows it.

    >>> command(["--cores", "4"], "/data/my parts", "/home")
    "cd '/data/my parts' && snakemake --cores 4"
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--directory", "-d")
    directory = parser.parse_known_args(words)[0].directory
    line = shlex.join(["snakemake", *words])
    if directory is None:
        return f"cd {shlex.quote(here)} && {line}"
    if Path(shell, directory).resolve() == Path(here).resolve():
        return f"cd {shlex.quote(shell)} && {line}"
    return f"{line} # in the folder where it was given"


def event(record: logging.LogRecord) -> str:
    """Return which kind of Snakemake's records one is; empty for none."""
    return str(getattr(record, "event", None) or "")


def attach(logger: logging.Logger, stages: Iterable[str] = (), idle: Callable[[], None] | None = None) -> None:
    """Let a logger's terminal show a line a stage in place of each job's; its files stay the same.

    `idle` is called where there is nothing to be done: of Snakemake's own hooks none is.
    """
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.addFilter(Chatter())
            logger.removeHandler(handler)
            logger.addHandler(Lines(handler.stream, stages, idle))  # first, so that it can end its line
            logger.addHandler(handler)
