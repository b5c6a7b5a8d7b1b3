// Package csvio reads CSV files in blocks of whole records, twice: once to find the type of each column from all its
// values, and once for the values. Several goroutines parse blocks at the same time; the cut into blocks depends on the
// bytes of the file alone.
//
// Rules. Fields are separated by `,` `;` or tab, whichever is most frequent in the header, and quoted as RFC 4180 says.
// The file is UTF-8, with or without byte order mark, or Latin-1 (as Windows-1252) where asked for; it may be gzipped.
// An empty field is missing; a quoted empty one is an empty text. NA and NaN without quotes are missing in columns of
// numbers, dates and true/false, and texts in columns of text.
//
// Types. integer: digits, perhaps with a minus, that fit 64 bits. Number: also with a decimal point, an exponent, or
// Inf; with a decimal comma where fields are separated by `;` (one of the two throughout a column). true/false: true,
// false, TRUE, FALSE, True, False. Date: 2024-03-31, or 31.03.2024. Time: 2024-03-31T12:00:00, with a space for the T, a fraction
// and a zone if need be. Anything else is text, and so is a column in which any number has leading zeros (0301) or too many digits.
package csvio
