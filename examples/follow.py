# SPDX-License-Identifier: MIT
#
# Reads a file while grow.cpp appends to it:   python3 follow.py samples.npy COUNT
# Prints how many samples there are, and the sum of the new ones, until there are COUNT.
import pathlib
import sys
import time

import numpy

path, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
while not path.exists():  # its name comes when it is complete
    time.sleep(0.01)
seen = 0
while seen < count:
    samples = numpy.load(path, mmap_mode="r")  # as many as are committed now, and no copy
    if len(samples) > seen:
        print(len(samples), samples["value"][seen:].sum(), flush=True)
    else:
        time.sleep(0.01)
    seen = len(samples)
