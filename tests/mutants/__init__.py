"""Mutation testing: change the code in one place at a time, and see whether a test fails.

`operators` lists the changes that are possible in a module, and `sample` draws some of them by a
seed. `baseline` runs each test file once on unchanged code and records which tests execute which
lines; `selection` takes from that the tests of one change. `copy` holds the changed code, `forked`
runs tests in it, and `report` counts the results.
"""
