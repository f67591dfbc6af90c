"""Import of spreadsheets, calendars, family trees and query results as batches.

`open_file` reads a file as a table of texts, `guessing` proposes a map of its columns, `conversion`
makes records from the rows, and `batch_writer` writes them as a batch. `report` collects what was
coarsened, guessed or left out. `docs/import.md` describes it for users.
"""
