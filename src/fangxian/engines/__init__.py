"""Plain values in, plain values out: no database, no web, benchmarked alone."""
