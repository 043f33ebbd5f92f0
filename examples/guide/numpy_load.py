# SPDX-License-Identifier: MIT
import sys

import numpy

heights = numpy.load("heights.npy", mmap_mode="r")  # no copy, whatever the size
sys.exit(0 if heights.shape == (1500,) and heights[1000:].sum() == 750.0 else 1)
