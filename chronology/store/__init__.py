"""The SQLite file: connections, the append-only log, its verification and signed checkpoints."""
