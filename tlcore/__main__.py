"""`python -m tlcore`: Transfer Lab without a browser."""

import gc
import sys

if __name__ == "__main__":
    # A command loads thousands of modules, none of which is garbage; looking through them takes as long as many do.
    gc.set_threshold(300_000)
    try:
        from tlcore.cli.eager import stand_in
        from tlcore.cli.main import main

        stand_in()
        code = main()
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing in ("", "tlcore"):
            raise
        hint = "after `make run`, use .venv/bin/python -m tlcore"
        sys.stderr.write(f"tlcore: {missing} is not installed for this Python; {hint}\n")
        code = 2
    gc.freeze()
    sys.exit(code)
