"""What a job says: its log file, its errors on the terminal. The only module that knows of Snakemake."""

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger("soart")
logging.raiseExceptions = False  # a log that cannot be written (a full disk) is no reason for a traceback of its own


@contextmanager
def reporting(snakemake) -> Iterator[None]:
    """Run the block as a job: progress goes to its log file, an error to the log *and* the terminal.

    An error that a person can mend (`ValueError`, `OSError`: bad data, a missing file, a full disk) becomes one
    sentence on the terminal with the rule in front; its traceback is kept in the log. Anything else is a fault of
    ours and keeps its traceback on the terminal, too.
    """
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
        yield
    except (ValueError, OSError) as error:
        log.error("%s\n%s", error, traceback.format_exc())
        print(f"Error in {snakemake.rule}: {error} (details: {path})", file=sys.stderr)
        sys.exit(1)
    except Exception:
        log.exception("a fault of the program, please report it")
        raise
    else:
        log.info("%s: done in %.2f s", snakemake.rule, time.perf_counter() - start)
    finally:
        log.removeHandler(handler)
        with suppress(OSError):  # a full disk has been told already
            handler.close()
