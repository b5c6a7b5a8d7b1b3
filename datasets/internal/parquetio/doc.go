// Package parquetio reads and writes the flat columns of Parquet files. Nothing else in the project imports Arrow, so
// that another version of it is a change in this package alone.
//
// Reading uses Arrow for the footer, the schema, the statistics and the codecs, and code of its own for pages and
// values: the page reader of arrow v15 takes a short or wrongly compressed V2 page for zeros, and its column readers
// never return from some damaged ones. On lawful files the tests hold each value to what Arrow's column readers give.
// Every column chunk is checked before it is read (codec, encodings, nesting, place in the file), every page while it is
// read (sizes, checksum, number of values), and every column afterwards (number of rows against the footer). What cannot
// be read is an error that names file and column; nothing panics, and nothing is silently empty.
//
// Writing gives the same bytes for the same rows. Arrow v15 lists the encodings of a chunk in the order of a map where
// a dictionary has overflowed, so dictionaries here never overflow: they are used for text with few distinct values,
// and their size limit is off.
package parquetio
