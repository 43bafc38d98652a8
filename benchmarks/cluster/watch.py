"""Watch the Slurm jobs of this machine and record what each needed: most memory of all its processes, CPU seconds.

    python benchmarks/cluster/watch.py jobs.csv      # until interrupted; as root, on the node

Memory is the sum of the resident sets of every process that carries the job's number, both Snakemakes of the executor
plugin among them: what a memory limit on the job sees, or a little more, since shared pages count in each process. CPU
seconds, unlike seconds by the clock, do not depend on what else the machine was doing.
"""

import argparse
import csv
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import psutil

PAUSE = 0.2  # seconds; what a process did after the last look is lost
COLUMNS = ("job", "rule", "state", "granted", "max_rss_mb", "cpu_seconds", "seconds", "submitted", "began", "ended")


class Watched:
    """State of the jobs as seen so far."""

    def __init__(self):
        self.memory = defaultdict(float)  # MB at most, by job
        self.cpu = defaultdict(dict)  # seconds, by job and process
        self.began, self.ended, self.known = {}, {}, {}

    def look(self) -> None:
        """Add up each job's processes."""
        memory, now = defaultdict(float), time.time()
        for process in psutil.process_iter():
            try:
                job = process.environ().get("SLURM_JOB_ID")
                if job:
                    times = process.cpu_times()
                    self.cpu[job][process.pid] = times.user + times.system
                    memory[job] += process.memory_info().rss / 2**20
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # it has just ended
        for job, size in memory.items():
            self.memory[job] = max(self.memory[job], size)
            self.began.setdefault(job, now)
            self.ended[job] = now

    def ask(self) -> None:
        """Ask Slurm what each job runs, its state and what it was granted."""
        command = ["squeue", "--noheader", "--states=all", "--format=%A|%k|%T|%m|%V"]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        self.known |= {row[0]: row[1:] for row in csv.reader(said.splitlines(), delimiter="|")}

    def rows(self) -> list[list]:
        """A row a job."""
        found = []
        for job, memory in self.memory.items():
            rule, state, granted, submitted = self.known.get(job, ("",) * 4)
            cpu = round(sum(self.cpu[job].values()), 1)
            began, ended = self.began[job], self.ended[job]
            times = [round(ended - began, 1), submitted, round(began, 1), round(ended, 1)]
            found.append([job, rule.removeprefix("rule_"), state, granted, round(memory), cpu, *times])
        return found


def main(path: Path) -> None:
    """Watch until interrupted, then write the table."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    watched, asked = Watched(), 0.0
    try:
        while True:
            watched.look()
            if time.time() > asked + 10:
                watched.ask()
                asked = time.time()
            time.sleep(PAUSE)
    except KeyboardInterrupt:
        watched.ask()
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *watched.rows()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="where the CSV is written at the end")
    main(parser.parse_args().table)
