"""Arrivals: the photos to inspect, in files and folders, or as they come into a watched folder."""

import os
import time
from collections.abc import Iterator
from itertools import islice
from math import inf
from pathlib import Path

from soart import names

REST = 0.5  # seconds for which a file's size must not have changed
OLD = 60.0  # seconds: a file that was last written before that is whole, and not waited for
TOGETHER = 16  # photos inspected at once, where they need not be waited for
PAUSE = 0.1  # seconds between two looks into a watched folder, at least
IDLE = 0.005  # share of a core that looking into an unchanged folder may take


def groups(paths: list[Path], watched: Path | None = None) -> Iterator[list[Path]]:
    """Photos to be inspected together: those that `paths` name, then those that arrive in `watched`, for ever."""
    yield from _grouped(named_photos(paths))
    if watched:
        for arrived in watch_photos(watched):
            yield from _grouped(iter(arrived))


def _grouped(paths: Iterator[Path]) -> Iterator[list[Path]]:
    yield from ([path] for path in islice(paths, 1))  # its verdict is not to wait for 15 others
    while group := list(islice(paths, TOGETHER)):
        yield group


def named_photos(paths: list[Path]) -> Iterator[Path]:
    """The photos that files and folders name: a file as it is, a folder's by name, its subfolders' too."""
    for path in paths:
        if os.path.isdir(path):  # unlike pathlib's, of any name
            yield from photos_below(path)
        else:
            yield path


def photos_below(folder: Path) -> Iterator[Path]:
    """Yield what looks like a photo by its name in a folder and its subfolders, in order; see `names.passed_over`."""
    for here, folders, inside in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not names.passed_over(name))
        yield from (Path(here, name) for name in sorted(inside) if is_photo(name))


def is_photo(name: str) -> bool:
    """Return whether a file of that name is taken for a photo."""
    return names.ending(name) in names.PHOTO_ENDINGS and not names.passed_over(name)


def _unreadable(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # taken away since the folder above was listed
        raise error


def watch_photos(folder: Path) -> Iterator[list[Path]]:
    """The photos in a folder and its subfolders as they come, for ever.

    Each comes when its size has rested, an old one at once, and again when it was rewritten or replaced. Looking into
    an unchanged folder takes half a percent of a core, however many photos lie in it.
    """
    seen, done, told = {}, {}, notices(folder)
    while True:
        now, spent = time.monotonic(), time.process_time()
        if not folder.is_dir():
            raise ValueError(f"{folder}: expected a folder to watch; it is not there, or no longer")
        states = {path: state for path in photos_below(folder) if (state := _state(path))}
        written_before = (time.time() - OLD) * 1e9
        seen = {
            path: seen[path]
            if state == seen.get(path, (None,))[0]
            else (state, -inf if state[1] < written_before else now)
            for path, state in states.items()
        }
        rested = {path: state for path, (state, since) in seen.items() if now - since >= REST}
        ready = [path for path, state in rested.items() if done.get(path) != state]
        done = {path: rested.get(path, done.get(path)) for path in states}
        spent = time.process_time() - spent
        if ready:
            yield ready
        time.sleep(PAUSE)
        if not ready and len(rested) == len(states):
            end = now + spent / IDLE
            while time.monotonic() < end and not next(told):
                pass


def notices(folder: Path) -> Iterator[set]:
    """Yield what changed in a folder, as the operating system tells it; an empty set for each second without a change.

    Where the package `watchfiles` is missing or the system tells nothing, an empty set after each `PAUSE`.
    """
    try:
        from watchfiles import watch

        yield from watch(folder, watch_filter=None, debounce=50, rust_timeout=1000, yield_on_timeout=True)
    except (ImportError, OSError, RuntimeError):
        while True:
            time.sleep(PAUSE)
            yield set()


def _state(path: Path) -> tuple[int, int, int] | None:
    """Size, time of writing and time of the last change: the latter alone tells a copy that keeps the former's time.

    A new link or permission changes it, too: a photo inspected twice costs less than one that was missed.
    """
    try:
        about = path.stat()
    except FileNotFoundError:  # taken away since the folder was listed
        return None
    except OSError:  # reading it will say why
        return 0, 0, 0
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns
