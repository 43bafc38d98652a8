"""Job: what a job says: its log file, its errors on the terminal. The only module that knows of Snakemake."""

import gc
import json
import logging
import re
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

if hasattr(sys.modules["__main__"], "snakemake"):  # a job, not the library
    gc.disable()  # until `reporting`: imports leave no garbage, and to look for it is an eighth of their time
log = logging.getLogger("soart")
logging.raiseExceptions = False  # a log that cannot be written (a full disk) is no reason for a traceback of its own
_DONE = "%s: done in %.2f s; %.2f s of CPU and %.0f MB in all"
_SAID = re.compile(r": done in ([\d.]+) s; ([\d.]+) s of CPU and (\d+) MB in all\s*\Z")


class Used(NamedTuple):
    """Used: what a job took; Snakemake's benchmark files miss most of what a job of less than some seconds does."""

    seconds: float  # from when its packages were there to its end
    cpu: float  # seconds of CPU of the whole process
    memory: float  # the most of the process, MB


def used(path: str | Path) -> Used | None:
    """Return what a job took, from the last line of its log; None where it did not come to its end, or left no log."""
    said = _SAID.search(Path(path).read_text(encoding="utf-8")) if Path(path).is_file() else None
    return Used(*map(float, said.groups())) if said else None


@contextmanager
def reporting(snakemake) -> Iterator[SimpleNamespace]:
    """Run the block as a job with what it is given: progress goes to its log, an error to the log *and* the terminal.

    An error that a person can mend (`ValueError`, `OSError`: bad data, a missing file, a full disk) becomes one
    sentence on the terminal with the rule in front; its traceback is kept in the log. Anything else is a fault of
    ours and keeps its traceback on the terminal, too.
    """
    gc.freeze()
    gc.enable()
    path = Path(snakemake.log[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        sys.exit(f"Error in {snakemake.rule}: its log cannot be written: {error}")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    start = time.perf_counter()
    log.info("%s: %d input(s), %d output(s)", snakemake.rule, len(snakemake.input), len(snakemake.output))
    try:
        yield SimpleNamespace(**json.loads(snakemake.params.given))
    except (ValueError, OSError) as error:
        log.error("%s\n%s", error, traceback.format_exc())
        print(f"Error in {snakemake.rule}: {error} (details: {path})", file=sys.stderr)
        sys.exit(1)
    except Exception:  # a fault of ours, whatever it is: told in the log, then raised again
        log.exception("a fault of the program, please report it")
        raise
    else:
        log.info(_DONE, snakemake.rule, time.perf_counter() - start, time.process_time(), peak_memory())
    finally:
        log.removeHandler(handler)
        with suppress(OSError):  # a full disk has been told already
            handler.close()


def peak_memory() -> float:
    """The most memory that this process has had, in MB. Linux counts as its own what its parent had, but here not."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS, in bytes
