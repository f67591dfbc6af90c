"""Attacks on the project, bounded and on loopback: `python -m tests.attack`.

Each attack is a module of its own in this folder, with a function `run(budget) -> Report`.
`report.py` defines both types, and measures memory. `__main__.py` finds the modules.
"""
