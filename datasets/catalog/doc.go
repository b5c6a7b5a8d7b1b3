// Package catalog holds what is known about the tiltak besides the data: their names and codes, which statuses mean
// participation, target groups, rates, part-time and proration rules, wage subsidies, G and the consumer price index.
//
// The tables are dated, embedded as CSV (folder data), and each row carries its source (`kilde`), whether its figures
// are confirmed in a text that was read (`bekreftet`: ja, nei, or "unntatt" and the columns that are not) and a remark.
// A folder of files with the same names replaces or extends any of them (Load); docs/data-dictionary.md tells how.
//
// Conventions. Periods are days with both ends included; an empty `gyldig_fra` or `gyldig_til` is open. Column names and
// values are Norwegian, as in the register. A figure used outside its period or without a confirmed source is still
// used, with a fault.Warning: nothing is silently extrapolated and nothing is silently left out.
//
// A Catalog is never changed after it has been made, and may be read from many goroutines.
package catalog
