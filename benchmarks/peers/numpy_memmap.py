#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NumPy's memmap as a vector, grown by hand: when it is full, twice the file size by ftruncate and
a new memmap. Takes the arguments of the workload programs and prints counters as they do."""

import json
import os
import resource
import sys
import tempfile
import time

import numpy

NUMBER = numpy.dtype("<u8")


class GrowingMemmap:
    def __init__(self):
        self.file = tempfile.TemporaryFile(dir=os.environ.get("MAPVEC_DIR", "/var/tmp"))
        self.size = 0
        self.array = numpy.empty(0, NUMBER)

    def append(self, span):
        end = self.size + len(span)
        if end > len(self.array):
            capacity = max(end, 2 * len(self.array))
            self.file.truncate(capacity * NUMBER.itemsize)
            self.array = numpy.memmap(self.file, NUMBER, "r+", shape=(capacity,))
        self.array[self.size:end] = span
        self.size = end


def filled(options):
    span = numpy.full(options["span"] // NUMBER.itemsize, 42, NUMBER)
    numbers = GrowingMemmap()
    for _ in range(options["bytes"] // (len(span) * NUMBER.itemsize)):
        numbers.append(span)
    return numbers


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work, items):
    """Seconds, processor seconds, and nanoseconds an item; the first time is not counted."""
    work()
    start, used_before = time.perf_counter(), processor_seconds()
    work()
    seconds = time.perf_counter() - start
    return seconds, processor_seconds() - used_before, seconds * 1e9 / items


def append_range(options):
    seconds, processor, nanoseconds = timed(lambda: filled(options),
                                            options["bytes"] // NUMBER.itemsize)
    return {"seconds": seconds, "processor_seconds": processor, "nanoseconds": nanoseconds}


def read(options):
    """The positions are drawn beforehand, which is in NumPy's favour."""
    array = filled(options).array
    positions = numpy.random.default_rng(1).integers(0, len(array), options["reads"])
    return {"scan_nanoseconds": timed(array.sum, len(array))[2],
            "random_nanoseconds": timed(lambda: array[positions].sum(), options["reads"])[2]}


WORKLOADS = {"append_range/numpy": append_range, "read/numpy": read}


def main():
    options = {"bytes": 128 << 20, "span": 1 << 20, "reads": 1 << 20, "milliseconds": 0}
    options.update((name, int(value)) for name, _, value in
                   (argument.partition("=") for argument in sys.argv[2:]))
    print(json.dumps(WORKLOADS[sys.argv[1]](options)))


if __name__ == "__main__":
    main()
