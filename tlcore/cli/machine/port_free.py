"""`tlcore port-free`: say in a sentence that a port is taken, before a server trips over it."""

import errno
import socket
from argparse import Namespace

from tlcore.errors import BadInputError


def run(options: Namespace) -> int:
    """Succeed when the port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OverflowError as error:
            raise BadInputError(f"A port is a number from 0 to 65535, not {options.port}.") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadInputError(
                    f"Nothing can listen on {options.host}:{options.port} ({error.strerror})."
                ) from error
            raise BadInputError(
                f"Port {options.port} is taken by another program; "
                f"choose another one with: make run PORT={options.port + 1}"
            ) from error
    return 0
