"""Fault injection: `python -m tests.faults --list`.

Each fault runs many times with a fixed seed, in short form in the suite and in long form in
`make soak`. Each case checks that every acknowledged record is stored unchanged.
"""
