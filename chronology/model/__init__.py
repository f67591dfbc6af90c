"""Plain values: dates, records, their validation, errors. Nothing here reads or writes."""
