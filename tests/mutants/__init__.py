"""Mutation testing: change the code in one place at a time, and see whether a test fails.

`operators` lists the changes that are possible in a module, `sample` draws some of them by a seed,
`folders` maps a folder of the package to its tests, `trial` runs the tests against one change, and
`report` counts the results.
"""
