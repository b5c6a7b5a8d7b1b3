// Package datasets reads and writes tables: Parquet (one file, a folder, hive partitions) and CSV into typed columns,
// with column mapping, refusal of direct identifiers, fingerprints and deterministic writing. Arrow stays inside it.
package datasets
