"""What the product's work costs, in instructions: the small book that CI holds every change against.

Seconds say little on a machine that others use as well; how many instructions a processor is given for the
same work hardly changes from run to run. `make performance` counts a few pieces of work with callgrind, which
is a part of valgrind, compares each with what `instructions.json` has noted, and fails where one takes 15 %
more. Here belongs: the pieces, the counting and the comparison. Not here: seconds and memory
(`tests/benchmarks`).
"""
