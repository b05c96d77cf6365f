# SPDX-License-Identifier: ISC
"""functions.py map|apply COUNT [CHUNK [TASKS_PER_WORKER]]: what tests/bench/workers.c
does, by Python's multiprocessing.Pool.  CHUNK 0: as Python chooses."""
import multiprocessing
import sys


def same(number):
    return number


def main(mode, count, chunk=0, tasks=0):
    with multiprocessing.Pool(2, maxtasksperchild=tasks or None) as pool:
        numbers = range(1, count + 1)
        if mode == 'map':
            total = sum(pool.map(same, numbers, chunk or None))
        else:
            total = sum(pool.apply(same, (number,)) for number in numbers)
    sys.exit(total != count * (count + 1) // 2)


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:]))
