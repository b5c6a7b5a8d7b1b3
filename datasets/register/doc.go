// Package register links and cleans the tables of a register folder (CONTRACT.md: person, deltakelse, arbeidssoker,
// maaned) and turns them into persons, participations, registrations and a compact person × month panel, with a ledger
// of every row that was dropped or changed and why.
//
// Conventions. Persons are numbered in the order of their ids (integers by value, texts by bytes), so that nothing
// depends on the order of rows. Dates are whole days, both ends of a spell included. Months are calendar.Month.
package register
