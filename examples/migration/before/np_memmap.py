# SPDX-License-Identifier: MIT
import os
import sys

import numpy

numbers = numpy.memmap("numbers.bin", "<u8", "w+", shape=(1000,))
size = 0
for first in range(0, 1_000_000, 1000):
    piece = numpy.arange(first, first + 1000, dtype="<u8") * 7919 % 100_003
    if size + len(piece) > len(numbers):  # a memmap does not grow: make the file longer, map again
        capacity = 2 * len(numbers)
        os.truncate("numbers.bin", capacity * numbers.itemsize)
        numbers = numpy.memmap("numbers.bin", "<u8", "r+", shape=(capacity,))
    numbers[size:size + len(piece)] = piece
    size += len(piece)
numbers[:size].sort()
numbers.flush()
del numbers
os.truncate("numbers.bin", size * 8)

numbers = numpy.memmap("numbers.bin", "<u8", "r")  # the reader has to know the type
sys.exit(0 if len(numbers) == 1_000_000 and numbers[-1] == 100_002 else 1)
