"""What may happen to a log, and what has to be left of it: `python -m tests.faults --help`.

Each fault is run many times with a fixed seed, in short form by the suite and in long form by
`make soak`. A case asks whether every record that was acknowledged is stored as it was.
"""
