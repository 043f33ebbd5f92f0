# SPDX-License-Identifier: MIT
"""Runs the benchmarks in shuffled rounds, prints one table of ratios and draws charts.

cells.py says what is compared with what; a new cell or contender is an entry there. programs.py
runs one contender once, rounds.py all of them in random order, table.py and charts.py show what
came out, machine.py holds what is done to the machine and undone again.
"""
