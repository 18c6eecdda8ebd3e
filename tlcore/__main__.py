"""`python -m tlcore`: Transfer Lab without a browser."""

import sys

if __name__ == "__main__":
    try:
        from tlcore.cli.main import main

        code = main()
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing in ("", "tlcore"):
            raise
        hint = "after `make run`, use .venv/bin/python -m tlcore"
        sys.stderr.write(f"tlcore: {missing} is not installed for this Python; {hint}\n")
        code = 2
    sys.exit(code)
