"""`python -m chronology.cli`."""

from chronology.cli import main

main()
