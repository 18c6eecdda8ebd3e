"""The shared core of Transfer Lab: explain, train and inspect convolutional networks without a browser."""

import os

__version__ = "0.1.0"

# Here, since OpenMP reads it once, when torch is loaded. Its threads spin for milliseconds while they wait, on cores
# that those which they wait for may need: two did a tenth of what one does alone beside other work. So they sleep
# at once, or with GNU's OpenMP after some microseconds, within which most of a quiet machine's waiting is over.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}
if not WAITING.keys() & os.environ.keys():
    os.environ.update(WAITING)
