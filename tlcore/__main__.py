"""`python -m tlcore`: Transfer Lab without a browser."""

import sys

from tlcore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
