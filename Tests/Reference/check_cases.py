#!/usr/bin/env python3
"""Computes every case of case files again and compares: check_cases.py FILE.h5 …

An expected array agrees where max |computed - expected| <= 1e-6 * max(max |expected|, 0.1): what
storing single precision costs. Prints each case's worst array; exit status 1 if one does not agree.
"""
import sys

from pixeladaptive import casefile, operations

LIMIT = 1e-6


def worst_array(case):
    """(deviation, name) of the array that agrees least."""
    values = operations.compute(case)
    missing = float("nan")
    return max((casefile.deviation(values.get(name, missing), array), name)
               for name, array in case.expected.items())


def main(paths):
    failed = passed = skipped = 0
    for path in paths:
        for case in casefile.read(path):
            if case.operation not in operations.GRAPHS | operations.FUNCTIONS:
                print(f"skip {case.name}: no operation {case.operation}")
                skipped += 1
                continue
            error, name = worst_array(case)
            agrees = error <= LIMIT
            print(f"{'ok  ' if agrees else 'FAIL'} {case.name}: {name} {error:.1e}", flush=True)
            passed, failed = passed + agrees, failed + (not agrees)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
