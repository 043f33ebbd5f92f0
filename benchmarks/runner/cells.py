# SPDX-License-Identifier: MIT
"""What is compared with what: the contenders, the cells of the table, their goals, the charts."""

import dataclasses

MIB = 1 << 20
GIB = 1 << 30
CAP = 256 * MIB  # of the memory group
FILE_BYTES = 8 * CAP
HUGE_MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # read at start: for a whole process


@dataclasses.dataclass(frozen=True)
class Fio:
    """One job of fio, with direct I/O."""

    pattern: str  # read, write or randread
    block: str
    depth: int
    bytes: int = GIB


@dataclasses.dataclass(frozen=True)
class Contender:
    label: str
    name: str = ""  # in its program, behind the slash; empty: as in CONTENDERS
    program: str = "workloads"  # unless the cell names another
    environment: dict = dataclasses.field(default_factory=dict)
    package: str = ""  # of Debian, to be installed where the program is missing
    file: str = "npy"  # which of the large files it reads, in the cells that need one
    arguments: dict = dataclasses.field(default_factory=dict)  # go before those of the cell
    every: int = 1  # takes part in each, or each third round
    grouped: bool = False  # in the memory group, wherever the others are
    fio: Fio = None


def fio(*, pattern, block, depth, size=GIB):
    return Contender(f"fio, direct {pattern}, {block.upper()}, {depth} deep", package="fio",
                     file="raw", fio=Fio(pattern, block, depth, size), environment=HUGE_MALLOC)


RANDOM_READS = 20_000
STXXL = {"program": "workloads_stxxl", "package": "libstxxl-dev", "file": "raw"}
# Threads that wait for others shall not spin: that would count as its processor time.
STXXL_SORTS = {**HUGE_MALLOC, "OMP_WAIT_POLICY": "passive"}
VQSORT = {"program": "workloads_vqsort", "package": "libhwy-dev"}
LMDB = {"program": "workloads_lmdb", "package": "liblmdb-dev", "file": "lmdb"}

CONTENDERS = {
    "mapvec": Contender("mapvec::vector"),
    "mapvec_range": Contender("mapvec::vector, append_range"),
    "mapvec_bounded": Contender("mapvec::vector, budget of 64 MiB"),
    "mapvec_bounded_range": Contender("mapvec::vector, append_range, budget of 64 MiB"),
    "alone": Contender("mapvec::vector, nothing beside"),
    "mapvec_random": Contender("mapvec::file_view, advised: random"),
    "mapvec_blocks": Contender("mapvec::blocks"),
    "mapvec_gather": Contender("mapvec::gather"),
    "mapvec_gathered": Contender("mapvec::gather, 20,000 at a time", "mapvec_gather",
                                 arguments={"reads": RANDOM_READS}),
    "mapvec_advised": Contender("mapvec::vector, advised: random", "mapvec_random"),
    "mapvec_unadvised": Contender("mapvec::file_view, not advised", "mapvec",
                                  arguments={"reads": 100}, every=3),
    "remap": Contender("remap-doubling"),
    "remap_fallocate": Contender("remap-doubling, fallocate"),
    "std": Contender("std::vector"),
    "std_huge": Contender("std::vector, huge pages", "std", environment=HUGE_MALLOC),
    "boost": Contender("boost::container::vector, mapped", program="workloads_boost",
                       package="libboost-dev"),
    "osmium": Contender("osmium mmap_vector_file", program="workloads_osmium",
                        package="libosmium2-dev"),
    "remap_seldom": Contender("remap-doubling, fallocate", "remap_fallocate", every=3),
    "pwrite_seldom": Contender("pwrite of 1 MiB", "pwrite", every=3),
    "osmium_seldom": Contender("osmium mmap_vector_file", "osmium", "workloads_osmium",
                               package="libosmium2-dev", every=3),
    "stxxl": Contender("stxxl::vector", **STXXL),
    "stxxl_writer": Contender("stxxl::vector, bufwriter", every=3, **STXXL),
    "stxxl_reader": Contender("stxxl::vector, bufreader", "stxxl", **STXXL),
    "lmdb": Contender("LMDB", every=3, **LMDB),
    "lmdb_cold": Contender("LMDB", "lmdb", **LMDB),
    "allocated": Contender("mapvec::allocator"),
    "allocated_bounded": Contender("mapvec::allocator, budget of 128 MiB"),
    "allocated_random": Contender("mapvec::allocator, advised: random", "allocated"),
    "allocated_past": Contender("mapvec::allocator, as they come", "allocated", every=3),
    "allocated_in_order": Contender("mapvec::allocator, sorted by bucket before"),
    "std_default": Contender("std::allocator", "std"),
    "to_std_vector": Contender("mapvec::to_std_vector", "mapvec"),
    "iterators": Contender("std::vector(v.begin(), v.end())"),
    "read": Contender("read of 1 MiB into memory (the limit)"),
    "import_raw": Contender("mapvec::import_raw", "mapvec"),
    "copy": Contender("read and pwrite of 1 MiB, fallocate (the limit)"),
    "export_raw": Contender("mapvec::export_raw", "mapvec"),
    "write": Contender("pwrite of 1 MiB, fallocate, fsync (the limit)"),
    "sort": Contender("mapvec::sort", "mapvec"),
    "sort_one": Contender("mapvec::sort, 1 thread", "mapvec", arguments={"threads": 1}),
    "sort_by_member": Contender("mapvec::sort by a member", "mapvec"),
    "sorted_view": Contender("mapvec::sorted_view", "mapvec_view"),
    "sort_and_read": Contender("mapvec::sort, then mapvec::blocks", "mapvec"),
    "lower_bound": Contender("mapvec::lower_bound", "mapvec"),
    "std_lower_bound": Contender("std::lower_bound one by one, advised: random", "std", every=3),
    "reduce": Contender("mapvec::reduce, all processors and 2 reading threads", "mapvec"),
    "std_reduce": Contender("std::reduce on the mapping, 1 thread", "std"),
    "stxxl_compare": Contender("stxxl::sort, huge pages", "stxxl", environment=STXXL_SORTS,
                               **STXXL),
    "stxxl_ksort": Contender("stxxl::ksort, huge pages", environment=STXXL_SORTS, **STXXL),
    "std_mapped": Contender("std::sort on the mapping, 256 MiB of memory in all", every=3,
                            grouped=True),
    "std_sort": Contender("std::sort, huge pages, 1 thread", "std", environment=HUGE_MALLOC),
    "vqsort": Contender("vqsort on huge pages, 1 thread", **VQSORT),
    "vqsort_share": Contender("vqsort of all in memory, processor time / threads", **VQSORT),
    "copy_twice": Contender("copy there and back, direct, huge pages, 4 threads"),
    "vqsort_and_copy": Contender("vqsort of a half by each of 2 threads, beside that copy to a "
                                 "file that is made and removed", **VQSORT),
    "gnu_sort": Contender("GNU sort of the keys as text", every=3),
    "numpy": Contender("numpy.memmap", program="numpy_memmap.py", package="python3-numpy"),
    "pwrite": Contender("pwrite of 1 MiB (the limit)"),
    "pwrite_sparse": Contender("pwrite of 1 MiB", "pwrite"),
    "pwrite_fallocate": Contender("pwrite of 1 MiB, fallocate (the limit)"),
    "pwrite_cached": Contender("pwrite of 1 MiB, fallocate", "pwrite_fallocate"),
    "anonymous": Contender("anonymous huge pages (the limit)"),
    "read_loop": Contender("read of 1 MiB and sum", file="raw"),
    "fallocate": Contender("fallocate by hand (the limit)"),
    "named_file": Contender("named file of one page"),
    "write_twice": Contender("write, sync, 16 bytes, sync"),
    **{f"{pattern}_{block}_{depth}": fio(pattern=pattern, block=block, depth=depth)
       for pattern in ("read", "write") for block in ("1m", "4m") for depth in (8, 32)},
    **{f"randread_{depth}": fio(pattern="randread", block="4k", depth=depth,
                                size=RANDOM_READS * 4096)
       for depth in (1, 32, 64)},
}
# Of these the table shows the one with the best median; after three rounds only that one runs on.
BEST_OF = {
    "best_read": tuple(f"read_{block}_{depth}" for block in ("1m", "4m") for depth in (8, 32)),
    "best_write": tuple(f"write_{block}_{depth}" for block in ("1m", "4m") for depth in (8, 32)),
    "stxxl_sort": ("stxxl_compare", "stxxl_ksort"),
}
BEST_NOTES = {"stxxl_sort": "the better of its two"}  # beside the label; else the limit
TRIAL_ROUNDS = 3
# Who is the slower of these in a round is the limit in that round: nobody does without either.
SLOWEST_OF = {"sort_limit": ("copy_twice", "vqsort_share")}


@dataclasses.dataclass(frozen=True)
class Goal:
    """`speed`: peer's time over ours, at least; `time`: ours over the peer's, at most. `most` and
    `least` bound our own value, which is a count."""

    kind: str
    bound: float

    def text(self):
        sign = "≥" if self.kind in ("speed", "least") else "≤"
        word = {"speed": "speed ", "time": "time "}.get(self.kind, "")
        return f"{word}{sign} {self.bound:g}"

    def verdict(self, value):
        more_is_better = self.kind in ("speed", "least")
        met = value >= self.bound if more_is_better else value <= self.bound
        return "met" if met else "**missed**"


@dataclasses.dataclass(frozen=True)
class Cell:
    """The first contender is ours: the others are held against it."""

    program: str  # the benchmark's name before the slash; cells may share a run
    title: str
    unit: str
    contenders: tuple
    goals: dict
    metric: str = "nanoseconds"
    rounds: int = 0  # at most; 0: as many as asked for
    thp: str = ""  # the only setting under which it says something
    goals_by_thp: dict = dataclasses.field(default_factory=dict)
    journaled: bool = False  # runs on an ext4 of its own, with a journal
    executable: str = "benchmarks"  # empty: each contender's own
    arguments: dict = dataclasses.field(default_factory=dict)
    grouped: bool = False  # in a memory group of CAP bytes
    reads_file: bool = False  # a large one, made beforehand
    needed_bytes: int = 0  # free on the disk
    rate_bytes: int = 0  # the metric is the time for so many bytes: show GB/s
    table: str = "bench"  # which of the document's, named as its markers

    @property
    def ours(self):
        return self.contenders[0]

    def goal(self, contender, thp):
        return self.goals_by_thp.get(thp, {}).get(contender, self.goals.get(contender))

    def contenders_under(self, thp):
        """With THP always, malloc gives huge pages unasked: std_huge would be std once more."""
        return [name for name in self.contenders if name != "std_huge" or thp != "always"]

    def measured_under(self, thp):
        """The contenders that run, one by one."""
        groups = {**BEST_OF, **SLOWEST_OF}
        return list(dict.fromkeys(one for name in self.contenders_under(thp)
                                  for one in groups.get(name, (name,))))


def workload(program, title, unit, contenders, goals, metric, **rest):
    """A cell of the workload programs. One setting of THP is enough: std::vector is measured with
    huge pages beside."""
    return Cell(program, title, unit, contenders, goals, metric, thp="madvise", executable="",
                **rest)


# With THP always, std::vector without reserve has huge pages too: then it has their goal.
APPEND_GOALS = {"remap": Goal("speed", 1.5), "std": Goal("speed", 3), "std_huge": Goal("speed", 1)}
APPEND_PEERS = ("mapvec", "remap", "std", "std_huge", "pwrite")
PUSH_GOAL = {"std": Goal("time", 1.1)}
PAIR = ("mapvec", "std")
CELLS_OF_ONE_PROCESS = (
    Cell("append", "append 256 MiB of u64", "ns each", APPEND_PEERS, APPEND_GOALS,
         goals_by_thp={"always": {"std": Goal("speed", 1)}}),
    Cell("append", "… and destroy it", "ms", APPEND_PEERS, {}, "destroy_milliseconds"),
    Cell("push_back_u8", "push_back u8, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("push_back_u64", "push_back u64, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("push_back_24", "push_back 24 bytes, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("scan", "sum of 256 MiB of u64", "ns each", PAIR, {"std": Goal("speed", 0.95)}),
    Cell("random_read", "random reads in 256 MiB", "ns each", PAIR, {"std": Goal("speed", 1)}),
    Cell("small", "create, one element, destroy", "ns each", ("mapvec", "named_file", "std"),
         {"named_file": Goal("time", 0.7)}),
    Cell("commit", "append_range of 64 KiB and commit", "ns each", ("mapvec", "write_twice"),
         {"write_twice": Goal("time", 1.2)}, thp="madvise", journaled=True),
    Cell("commit_pushed", "push_back of 64 KiB and commit", "ns each", ("mapvec", "write_twice"),
         {"write_twice": Goal("time", 1.2)}, thp="madvise", journaled=True),
    Cell("open_view", "file_view::open of 100 GiB", "ns each", ("mapvec",),
         {"mapvec": Goal("most", 100_000)}, thp="madvise", journaled=True),
    Cell("open_writer", "file_vector::open of 100 GiB", "ns each", ("mapvec",),
         {"mapvec": Goal("most", 300_000)}, thp="madvise", journaled=True),
    Cell("thousand", "1,000 vectors of one element, resident", "bytes each", PAIR,
         {"mapvec": Goal("most", 8192)}, "resident_bytes", 1, "always"),
    Cell("thousand", "… and their page tables", "bytes each", PAIR, {}, "page_table_bytes", 1,
         "always"),
    Cell("huge_share", "256 MiB mapped as 2 MiB pages", "%", ("mapvec", "remap"),
         {"mapvec": Goal("least", 95)}, "huge_percent", 1),
)

# In the page cache: pieces of 128 MiB, each contender's beside the others'. Files there are
# allocated as ours is, and where not, both ways are measured.
PIECE = 128 * MIB
BULK_PEERS = ("mapvec", "pwrite_fallocate", "pwrite_sparse", "std", "std_huge")
BULK_GOALS = {"pwrite_fallocate": Goal("speed", 0.95)}
PUSH_PEERS = ("mapvec", "pwrite_fallocate", "pwrite_sparse", "remap", "remap_fallocate", "std",
              "std_huge", "boost", "osmium", "stxxl", "lmdb")
PUSH_GOALS = {"pwrite_fallocate": Goal("speed", 0.7), "remap": Goal("speed", 1.6),
              "remap_fallocate": Goal("speed", 1.6), "std": Goal("speed", 3.5),
              "std_huge": Goal("speed", 1.1)}
READ_PEERS = ("mapvec", "anonymous", "std", "std_huge", "remap", "boost", "osmium", "numpy")
CELLS_IN_MEMORY = (
    workload("append_range", "append_range, 128 MiB in spans of 1 MiB", "ns each",
             BULK_PEERS + ("boost", "numpy"), BULK_GOALS, "nanoseconds",
             arguments={"bytes": PIECE, "span": MIB}),
    workload("append_range", "append_range, one span of 128 MiB", "ns each", BULK_PEERS,
             BULK_GOALS, "nanoseconds", arguments={"bytes": PIECE, "span": PIECE}),
    workload("push_back", "push_back, 128 MiB of u64", "ns each", PUSH_PEERS, PUSH_GOALS,
             "nanoseconds", arguments={"bytes": PIECE}),
    workload("read", "sum of 512 MiB of u64", "ns each", READ_PEERS,
             {"std": Goal("speed", 0.98)}, "scan_nanoseconds", arguments={"bytes": 512 * MIB}),
    workload("read", "random reads in 512 MiB", "ns each", READ_PEERS + ("lmdb",),
             {"std": Goal("speed", 1.1), "std_huge": Goal("speed", 0.7)}, "random_nanoseconds",
             arguments={"bytes": 512 * MIB}),
)

# Past the memory limit a pass is not cut into pieces: what the kernel writes back or reads ahead
# in the pauses would be a present. Memory is warm after a pass of the group's size.
PAST = 4 * CAP
PAST_ARGUMENTS = {"bytes": PAST, "warm_up": CAP}
APPEND_PAST_PEERS = ("mapvec_bounded", "mapvec_bounded_range", "mapvec", "mapvec_range",
                     "best_write", "pwrite_cached", "pwrite_seldom", "remap", "remap_seldom",
                     "osmium_seldom", "stxxl", "stxxl_writer")
APPEND_PAST_GOALS = {"best_write": Goal("speed", 0.85), "remap": Goal("speed", 1.7),
                     "stxxl": Goal("speed", 3)}
SCAN_PAST_PEERS = ("mapvec_blocks", "best_read", "mapvec", "read_loop", "stxxl_reader")
CELLS_PAST_MEMORY = (
    workload("append_past", "append 4× the memory limit", "GB/s", APPEND_PAST_PEERS,
             APPEND_PAST_GOALS, "seconds",
             arguments=PAST_ARGUMENTS, grouped=True, rate_bytes=PAST, needed_bytes=4 * GIB),
    workload("append_past", "… until it is on the disk", "GB/s", APPEND_PAST_PEERS, {},
             "durable_seconds", arguments=PAST_ARGUMENTS, grouped=True, rate_bytes=PAST,
             needed_bytes=4 * GIB),
    workload("scan_past", "sum of 4× the memory limit", "GB/s", SCAN_PAST_PEERS,
             {"best_read": Goal("speed", 0.85)}, "seconds",
             arguments=PAST_ARGUMENTS, grouped=True, rate_bytes=PAST, reads_file=True),
    workload("scan_past", "… processor time", "s per GiB", SCAN_PAST_PEERS,
             {"mapvec": Goal("time", 0.5)},
             "processor_seconds_per_gibibyte", arguments=PAST_ARGUMENTS, grouped=True,
             reads_file=True),
    workload("touch_past", "one word of each page of them, processor time", "s per GiB",
             ("mapvec_blocks", "mapvec"), {"mapvec": Goal("time", 0.5)},
             "processor_seconds_per_gibibyte", arguments=PAST_ARGUMENTS, grouped=True,
             reads_file=True),
    workload("random_past", "random reads in 8× the memory limit", "ns per page",
             ("mapvec_gather", "mapvec_random", "mapvec_unadvised", "lmdb_cold", "randread_1",
              "randread_32", "randread_64"),
             {"randread_64": Goal("speed", 0.85), "mapvec_random": Goal("speed", 4)}, "nanoseconds",
             arguments={"bytes": FILE_BYTES, "reads": RANDOM_READS}, grouped=True,
             reads_file=True),
    workload("dense_past", "10^6 random reads in 4× the memory limit, against reading all", "s",
             ("mapvec_gather", "read_loop"), {"read_loop": Goal("time", 1.3)}, "seconds",
             arguments={**PAST_ARGUMENTS, "reads": 1_000_000}, grouped=True, reads_file=True),
    workload("hot_scan", "sum of 96 MiB, while 4× the memory limit is appended", "ns each",
             ("mapvec_bounded", "alone", "mapvec"), {"alone": Goal("speed", 0.9)}, "nanoseconds",
             arguments={"bytes": PAST}, grouped=True, needed_bytes=4 * GIB),
    workload("hot_scan", "… processor time of the summing thread", "ns each",
             ("mapvec_bounded", "alone", "mapvec"), {"alone": Goal("speed", 0.9)},
             "processor_nanoseconds", arguments={"bytes": PAST}, grouped=True,
             needed_bytes=4 * GIB),
    *(workload("growth", f"growth by 64 MiB at {size} GiB", "µs", ("mapvec", "fallocate"),
               {"mapvec": Goal("most", 200)}, "microseconds", rounds=5,
               arguments={"bytes": size * GIB}, needed_bytes=(size + 4) * GIB)
      for size in (1, 10, 50)),
)

# Sorting has a table of its own: it may be measured on another day, and takes as long.
SORT_PEERS = ("sort", "stxxl_sort", "copy_twice", "vqsort_share", "sort_limit",
              "vqsort_and_copy")
SORT_SPEED = {"stxxl_sort": Goal("speed", 2.5), "sort_limit": Goal("time", 1.6)}
SORT_PROCESSOR = {"stxxl_sort": Goal("time", 0.4)}


def sorting(program, title, contenders, goals, size, metric="seconds", **rest):
    return workload(program, title, "s", contenders, goals, metric, table="sorting",
                    arguments={"bytes": size, **rest.pop("arguments", {})},
                    needed_bytes=rest.pop("needed_bytes", 3 * size + GIB), **rest)


CELLS_OF_SORTING = (
    sorting("sort", "sort 1 GiB of u64 in 256 MiB", (*SORT_PEERS, "std_mapped"),
            {**SORT_SPEED, "std_mapped": Goal("speed", 8)}, GIB, rounds=9),
    sorting("sort", "sort 1 GiB of u64, processor time", ("sort", "stxxl_sort"), SORT_PROCESSOR,
            GIB, "processor_seconds", rounds=9),
    sorting("sort", "sort 4 GiB of u64 in 256 MiB", SORT_PEERS, SORT_SPEED, 4 * GIB, rounds=3),
    sorting("sort", "sort 4 GiB of u64, processor time", ("sort", "stxxl_sort"), SORT_PROCESSOR,
            4 * GIB, "processor_seconds", rounds=3),
    sorting("sort_records", "sort 1 GiB of records of 24 bytes in 256 MiB",
            ("sort_by_member", "stxxl_sort", "gnu_sort"), {"stxxl_sort": Goal("speed", 1.5)}, GIB,
            rounds=9),
    sorting("sort_resident", "sort 256 MiB of u64 in memory", ("sort", "std_sort", "vqsort"),
            {"std_sort": Goal("speed", 4), "vqsort": Goal("speed", 1.5)}, CAP, needed_bytes=GIB,
            arguments={"memory": GIB}),
    sorting("sort_resident", "sort 256 MiB of u64 on one thread", ("sort_one", "vqsort"),
            {"vqsort": Goal("speed", 0.95)}, CAP, needed_bytes=GIB, arguments={"memory": GIB}),
    sorting("sort_once", "sum of 1 GiB of u64 in order, 256 MiB", ("sorted_view", "sort_and_read"),
            {}, GIB, rounds=9),
    sorting("search", "20,000 random values in 1 GiB of sorted u64 on the disk",
            ("lower_bound", "std_lower_bound"), {}, GIB, rounds=9,
            arguments={"reads": RANDOM_READS}),
    sorting("search", "1,000 random values in 1 GiB of sorted u64 on the disk",
            ("lower_bound", "std_lower_bound"), {}, GIB, rounds=9, arguments={"reads": 1000}),
    sorting("reduce", "sum of 1 GiB of u64 on the disk", ("reduce", "std_reduce"), {}, GIB),
)

def of_containers(program, title, contenders, size, goals=None, **rest):
    return workload(program, title, "s", contenders, goals or {}, "seconds", table="containers",
                    arguments={"bytes": size, **rest.pop("arguments", {})}, **rest)


# What does not fit is in the group, and the standard allocator's containers then are not.
GROUPED = {"grouped": True, "arguments": {"warm_up": CAP}, "needed_bytes": 4 * GIB}
CELLS_OF_CONTAINERS = (
    of_containers("fill_vector", "push_back of 4× the memory limit into a std::vector",
                  ("allocated", "allocated_bounded", "mapvec"), PAST, rounds=9, **GROUPED),
    of_containers("fill_deque", "push_back of 4× the memory limit into a std::deque",
                  ("allocated", "allocated_bounded"), PAST, rounds=9, **GROUPED),
    of_containers("fill_map", "1.26·10^7 random keys, std::unordered_map of 1.5× the memory limit",
                  ("allocated_in_order", "allocated_past"), 3 * CAP // 2,
                  {"allocated_past": Goal("most", 120)},
                  rounds=3, grouped=True, needed_bytes=4 * GIB),
    of_containers("fill_vector", "push_back of 128 MiB into a std::vector, in memory",
                  ("allocated", "std", "std_huge"), PIECE),
    of_containers("fill_deque", "push_back of 128 MiB into a std::deque, in memory",
                  ("allocated", "std_default"), PIECE),
    of_containers("fill_map", "4.2·10^6 random keys into a std::unordered_map, in memory",
                  ("allocated_random", "std_default"), PIECE),
    of_containers("to_std", "128 MiB into a std::vector, cached",
                  ("to_std_vector", "iterators", "read"), PIECE),
    of_containers("import", "import_raw of 128 MiB, cached", ("import_raw", "copy"), PIECE,
                  {"copy": Goal("speed", 0.95)}),
    of_containers("export", "export_raw of 128 MiB, to the disk", ("export_raw", "write"), PIECE,
                  {"write": Goal("speed", 0.95)}),
)
CELLS = (CELLS_OF_ONE_PROCESS + CELLS_IN_MEMORY + CELLS_PAST_MEMORY + CELLS_OF_SORTING
         + CELLS_OF_CONTAINERS)
TABLES = tuple(dict.fromkeys(cell.table for cell in CELLS))


@dataclasses.dataclass(frozen=True)
class Chart:
    """Gigabytes or reads a second against the size of the data, all of it in a memory group."""

    file: str  # below docs/charts
    title: str
    program: str
    metric: str
    axis: str
    per_second: float  # what one nanosecond each comes to on the axis
    contenders: tuple


CHART_SIZES = (1 * MIB, 4 * MIB, 16 * MIB, 64 * MIB, 128 * MIB, 256 * MIB, 512 * MIB, GIB, 2 * GIB)
CHART_ROUNDS = 3
# Few reads: past the limit one that reads ahead in vain takes ten milliseconds.
CHART_ARGUMENTS = {"reads": 128, "milliseconds": 50}
READ_LINES = ("mapvec", "anonymous", "std", "remap", "boost", "osmium")
CHARTS = (
    Chart("append.svg", "push_back of u64", "push_back", "nanoseconds", "GB/s", 8,
          ("mapvec", "pwrite_fallocate", "remap", "std", "boost", "osmium", "stxxl")),
    Chart("scan.svg", "Sum of u64", "read", "scan_nanoseconds", "GB/s", 8,
          ("mapvec", "mapvec_blocks") + READ_LINES[1:]),
    Chart("random.svg", "Random reads of u64", "read", "random_nanoseconds", "reads/s", 1e9,
          ("mapvec", "mapvec_advised", "mapvec_gathered") + READ_LINES[1:]),
)
