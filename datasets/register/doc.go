// Package register links and cleans the tables of a register folder (CONTRACT.md: person, deltakelse, arbeidssoker,
// maaned and the optional ones) and turns them into persons, participations, registrations and a compact person × month
// panel of 14 bytes a cell, with a ledger of every row that was dropped or changed and why.
//
// The rows come through one seam, Source: a folder of files, tables in memory, or an engine that does this elsewhere.
// maaned, the one table that is large, streams through it part by part; the others are read whole.
//
// It is opinionated about three things. What the data do not say is not made up: a missing start drops the row, an open
// end stays open at the cut. What is mended is mended by a named rule with a count, never in silence, and a register
// that is broken rather than untidy is refused with one sentence. Work that is paid through a tiltak is kept apart from
// ordinary work in every cell, since it is part of the treatment.
//
// Conventions. Persons are numbered in the order of their ids (integers by value, texts by bytes), so that nothing
// depends on the order of rows; sums are of integers, so that nothing depends on the number of workers. Dates are
// whole days, both ends of a spell included. Months are calendar.Month. A Register is not changed once it is read, and may
// be used from many goroutines.
package register
