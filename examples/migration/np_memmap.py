# SPDX-License-Identifier: MIT
import sys

import numpy

numbers = numpy.load("numbers.npy", mmap_mode="r")  # the file knows its type and its length
sys.exit(0 if len(numbers) == 1_000_000 and numbers[-1] == 100_002 else 1)
