"""`python -m pylmer` is the command `pylmer`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
