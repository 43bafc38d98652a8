"""Inspect photos of a part beside the line: one verdict a photo.

    python scripts/inspect_part.py --model results/inspection/model.npz PHOTO...

PHOTO is a file or a folder; a model of pairs needs --template, too. Exit code: 2 if something could not be inspected
(or no alarm is possible), else 1 if something is flagged, else 0.
"""

import argparse
import os
import signal
import sys
from pathlib import Path


def arguments() -> argparse.Namespace:
    """What the command line says."""
    about, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="what was learned: results/inspection/model.npz")
    parser.add_argument("photos", metavar="PHOTO", type=Path, nargs="*", help="photos, or folders of photos")
    parser.add_argument("--watch", metavar="FOLDER", type=Path, help="inspect what arrives there, until interrupted")
    parser.add_argument("--format", choices=["table", "jsonl"], default="table", help="table (default) or JSON Lines")
    parser.add_argument("--heatmaps", metavar="FOLDER", type=Path, help="write a heat map of each photo there")
    parser.add_argument("--template", metavar="PATH", type=Path, help="photos' template, or a folder of them by name")
    parser.add_argument("--rate", type=float, help="false-alarm rate, share of good parts (default: the model's)")
    parser.add_argument("--alarm", choices=["exponential", "conformal"], help="kind of p-value (default: the model's)")
    options = parser.parse_args()
    if not options.photos and not options.watch:
        parser.error("expected photos, folders or --watch FOLDER")
    return options


def main() -> int:
    """Inspect every photo, print a line each, return the exit code."""
    options = arguments()
    from soart.inspection import calibration, line, models

    model = models.load(options.model)
    alarm = calibration.Alarm(
        model.alarm.rate if options.rate is None else options.rate, options.alarm or model.alarm.tail
    )
    calibration.check(alarm)
    line.check_templates(model, options.template)
    if not calibration.possible(alarm, model.held_out):
        print(calibration.worth(alarm, model.held_out), file=sys.stderr)
    if options.format == "table":
        print(line.header(), flush=True)
    worst, taken = None, {}
    try:
        for group in line.groups(options.photos, options.watch):
            rest = (model, alarm, options.heatmaps, taken)
            found = line.compared(group, options.template, *rest) if options.template else line.inspected(group, *rest)
            for path, verdict in found:
                worst = max(worst or 0, line.exit_code(verdict))
                print((line.row if options.format == "table" else line.record)(path, verdict), flush=True)
    except KeyboardInterrupt:  # the way to end --watch
        worst = worst or 0
    if worst is None:
        raise ValueError("found no photo in " + ", ".join(map(str, options.photos)))
    return worst


def interrupt(signal_number: int, frame: object) -> None:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)  # a shell's background job would ignore it
    try:
        sys.exit(main())
    except BrokenPipeError:  # whoever read the verdicts has left; what Python still holds must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except (ValueError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
