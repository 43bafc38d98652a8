"""Inspect photos of a part beside the line: the command `inspect-part`, without installing it."""

import sys

from soart.inspection import command

if __name__ == "__main__":
    sys.exit(command.main())
