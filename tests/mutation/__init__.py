"""Mutation testing: changes one thing in a module and looks whether a test notices.

The runner is our own because the kept ones do not fit this suite (looked at: mutmut 3.8.1, cosmic-ray 8.7.0).
mutmut runs mutants in forks of a process that has imported the product, which Polars' threads do not
survive, and leaves module-level code alone. cosmic-ray writes its mutants into the source tree it works on.
Neither draws a seeded sample, changes SQL, or keeps a reviewed list of mutants that change no result.
"""
