"""Inspect photos of a part beside the line: one verdict a photo.

    inspect-part --model results/inspection/model.npz PHOTO...

PHOTO is a file or a folder; a model of pairs needs --template, too. Exit code: 2 if something could not be inspected
(or no alarm is possible), else 1 if something is flagged, else 0.
"""

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from soart import names

NO_COPIES = (
    "The model learned from drawn images, and from no copies of them that were saved anew: a photo that was opened and "
    "saved again may be flagged for that alone"
)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    about, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="what was learned: results/inspection/model.npz")
    parser.add_argument("photos", metavar="PHOTO", type=Path, nargs="*", help="photos, or folders of photos")
    parser.add_argument("--watch", metavar="FOLDER", type=Path, help="inspect what arrives there, until interrupted")
    parser.add_argument("--format", choices=["table", "jsonl"], default="table", help="table (default) or JSON Lines")
    parser.add_argument("--heatmaps", metavar="FOLDER", type=Path, help="write a heat map of each photo there")
    parser.add_argument("--values", choices=names.HEAT_VALUES, help="the heat maps' values, too: standard deviations")
    parser.add_argument("--template", metavar="PATH", type=Path, help="photos' template, or a folder of them by name")
    parser.add_argument("--rate", type=float, help="false-alarm rate, share of good parts (default: the model's)")
    parser.add_argument("--alarm", choices=["exponential", "conformal"], help="kind of p-value (default: the model's)")
    options = parser.parse_args()
    if not options.photos and not options.watch:
        parser.error("expected photos, folders or --watch FOLDER")
    if options.values and not options.heatmaps:
        parser.error("--values: expected --heatmaps FOLDER, where values go beside the heat maps")
    return options


def inspect(options: argparse.Namespace) -> int:
    """Inspect every photo and print a line each; return the exit code. Raises `ValueError` where there is no photo."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in the workflow's jobs: with more the last digits are others
    from soart.inspection import arrivals, calibration, calibration_card, line, models, verdict  # --help needs no numpy

    model = models.load(options.model)
    rate = model.alarm.rate if options.rate is None else options.rate
    model = model.with_alarm(calibration.Alarm(rate, options.alarm or model.alarm.tail))
    line.check_templates(model, options.template)
    if not options.watch and next(arrivals.named_photos(options.photos), None) is None:
        raise ValueError("found no photo in " + ", ".join(map(str, options.photos)))
    line.check_heatmaps(options.heatmaps, [*options.photos, *filter(None, [options.watch])])
    if model.mixture:
        _say(verdict.capitalized(model.mixture))
    if not calibration.alarm_possible(model.alarm, model.calibrating):
        worth = calibration_card.reliability_note(model.alarm, model.calibrating)
        _say(calibration_card.with_others(worth, model.repeats, int(model.foreign.sum())))
    for odd in model.odd:
        _say(f"{odd}; look at it")
    if not model.beside_template and model.in_full:
        _say(NO_COPIES)
    origin, worst, taken = line.describe_origin(options.model, model), None, {}
    if options.format == "table":
        print(line.header(), flush=True)
    try:
        for group in arrivals.groups(options.photos, options.watch):
            for found in line.inspect_photos(group, model, options.heatmaps, taken, options.template, options.values):
                worst = max(worst or 0, line.exit_code(found.verdict))
                table = options.format == "table"
                print(line.row(found, origin) if table else line.record(found, origin, datetime.now(UTC)), flush=True)
    except KeyboardInterrupt:  # the way to end --watch
        worst = worst or 0
    return 2 if worst is None else worst  # none: whatever was there is gone


def main() -> int:
    """Run the command and return its exit code: 2 for whatever ends it early, never 1, which means flagged."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # a shell's background job would ignore it
    for stream in (sys.stdout, sys.stderr):
        if stream:  # what a terminal cannot show is spelled out
            stream.reconfigure(errors="backslashreplace")
    try:
        return inspect(arguments())
    except BrokenPipeError:  # whoever read the verdicts has left; what Python still holds must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        _say("Interrupted before the first photo")
    except (ValueError, OSError) as error:
        _say(f"Error: {error}")
    except Exception as error:  # a person beside a line is told in a sentence, never in a traceback
        _say(f"Error: a fault of this program ({type(error).__name__}: {error}); please report it")
    return 2


def _say(text: str) -> None:
    print(names.printable(text), file=sys.stderr, flush=True)


def _interrupt(signal_number: int, frame: object) -> None:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt
