#!/usr/bin/env python3
"""Times a case of `pac bench` in PyTorch on the CPU: bench.py CASE THREADS [VARIANT …]

Variants: eager (if none is named), channels_last, compile, bf16 (autocast), bf16-channels_last,
bf16-compile; `all` stands for every one. Each runs after the other in this process; one that fails
says so. torch.compile needs g++. Prints a line for each: median seconds of three runs after one,
and the process's peak memory so far.
"""
import resource
import statistics
import sys
import time

import torch

from workloads import workload

VARIANTS = ["eager", "channels_last", "compile", "bf16", "bf16-channels_last", "bf16-compile"]
REPETITIONS = 3


def channels_last(tensors):
    """Tensors of four axes with their channels innermost."""
    return [t.to(memory_format=torch.channels_last) if t.dim() == 4 else t for t in tensors]


def prepared(case, variant):
    """A function that runs the work once."""
    work = workload(case)
    inputs, names = work.inputs, list(work.parameters)
    values = list(work.parameters.values())
    if "channels_last" in variant:
        inputs, values = channels_last(inputs), channels_last(values)
    parameters = {name: value.requires_grad_(work.trains) for name, value in zip(names, values)}
    function = work.function
    if "compile" in variant:
        function = torch.compile(function, dynamic=False)
    optimizer = work.optimizer(parameters.values()) if work.trains else None
    half = "bf16" in variant

    def run():
        autocast = torch.autocast("cpu", torch.bfloat16, enabled=half)
        with torch.set_grad_enabled(work.trains), autocast:
            result = function(parameters, *inputs)
        if work.trains:
            optimizer.zero_grad()
            result.float().backward()
            optimizer.step()
    return run


def seconds(run):
    """The median time of a run; the first one does not count."""
    run()
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(case, threads, *variants):
    torch.set_num_threads(int(threads))
    variants = VARIANTS if variants == ("all",) else variants or ("eager",)
    for variant in variants:
        line = f"{case} threads={threads} {variant}"
        try:
            time_taken = seconds(prepared(case, variant))
        except Exception as error:  # A variant that PyTorch cannot run must not hide the others.
            if len(variants) == 1:
                raise
            first = next(iter(str(error).splitlines()), "")
            print(f"{line} failed: {type(error).__name__}: {first}", flush=True)
            continue
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{line} seconds={time_taken:.3f} peak_mb={peak:.0f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
