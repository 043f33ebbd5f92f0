#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks in shuffled rounds and prints one table of ratios: the command is in
runner/main.py, what is compared in runner/cells.py."""

from runner.main import main

if __name__ == "__main__":
    main(__doc__.partition("\n")[0])
