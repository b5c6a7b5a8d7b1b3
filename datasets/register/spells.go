package register

import (
	"cmp"
	"slices"

	"tiltakseffekt/internal/calendar"
)

// latestVersions keeps, of the rows with the same id and person, the one that was changed last, by the as-of date where
// there is one. A single row that was changed after it is kept as it is: what it said before is not known.
func (b *builder) latestVersions(rows []participation) []participation {
	late := b.ledger.rule("deltakelse", "version_after_as_of", Dropped)
	unknown := b.ledger.rule("deltakelse", "changed_after_as_of", Kept)
	versions := b.ledger.rule("deltakelse", "superseded", Dropped)
	slices.SortFunc(rows, func(x, y participation) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), compareIDs(x.id, y.id), b.compareLate(x, y), -cmp.Compare(x.changed, y.changed), compareParticipations(x, y))
	})
	kept := rows[:0]
	for i, r := range rows {
		if n := len(kept); i > 0 && n > 0 && r.id != "" && kept[n-1].id == r.id && kept[n-1].Person == r.Person {
			if b.late(r) {
				late.add(r.Person)
			} else {
				versions.add(r.Person)
			}
			continue
		}
		if b.late(r) {
			unknown.add(r.Person)
		}
		kept = append(kept, r)
	}
	return kept
}

// late tells whether a row was changed after the as-of date; compareLate puts such rows last.
func (b *builder) late(r participation) bool { return b.opt.AsOf != 0 && r.changed > b.opt.AsOf }

func (b *builder) compareLate(x, y participation) int {
	switch lx, ly := b.late(x), b.late(y); {
	case lx == ly:
		return 0
	case ly:
		return -1
	}
	return 1
}

// dropDuplicates drops rows with the person, tiltak and dates of another: the same participation out of two systems.
// The row that was changed last is kept, or the one with the lowest id.
func (b *builder) dropDuplicates(rows []participation) []participation {
	duplicates := b.ledger.rule("deltakelse", "duplicate", Dropped)
	if b.opt.Rules.KeepDuplicates {
		return rows
	}
	kept := rows[:0]
	for _, r := range rows {
		if n := len(kept); n > 0 {
			k := &kept[n-1]
			if k.Person == r.Person && k.Tiltak == r.Tiltak && k.Start == r.Start && k.End == r.End {
				duplicates.add(r.Person)
				k.members = append(append(k.members, r.id), r.members...)
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// mergeSpells joins the spells of one person in one tiltak that overlap, or between which at most Rules.MergeGap days
// pass: a re-enrolment gets a new id in the systems but is the same participation. Spells of different tiltak are never
// joined. The joined spell has the first start and last end, the cost of both, and otherwise what the first spell that
// knows it says; it is completed, and has the reason,
// that the spell that ends last has.
func (b *builder) mergeSpells(rows []participation) []participation {
	overlap := b.ledger.rule("deltakelse", "overlap_same_tiltak", Changed)
	adjoin := b.ledger.rule("deltakelse", "adjoining_same_tiltak", Changed)
	slices.SortFunc(rows, func(x, y participation) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Tiltak, y.Tiltak), compareParticipations(x, y))
	})
	gap := calendar.Date(b.opt.Rules.MergeGap)
	kept := rows[:0]
	for _, r := range rows {
		n := len(kept)
		if n == 0 || kept[n-1].Person != r.Person || kept[n-1].Tiltak != r.Tiltak || r.Start > kept[n-1].End+1+gap {
			kept = append(kept, r)
			continue
		}
		k := &kept[n-1]
		k.members = append(append(k.members, r.id), r.members...)
		if r.Start <= k.End {
			overlap.add(r.Person)
		} else {
			adjoin.add(r.Person)
		}
		if r.End > k.End || r.End == k.End && r.Completed {
			k.End, k.Completed, k.Reason = r.End, r.Completed, r.Reason
		}
		if k.PartTime != k.PartTime {
			k.PartTime = r.PartTime
		}
		if k.Subsidy != k.Subsidy {
			k.Subsidy = r.Subsidy
		}
		if k.Cost != k.Cost {
			k.Cost = r.Cost
		} else if r.Cost == r.Cost {
			k.Cost += r.Cost
		}
		for _, f := range []struct{ k, r *int32 }{{&k.Provider, &r.Provider}, {&k.Office, &r.Office}, {&k.Employer, &r.Employer}, {&k.Course, &r.Course}, {&k.Content, &r.Content}, {&k.Procured, &r.Procured}} {
			if *f.k < 0 {
				*f.k = *f.r
			}
		}
		k.Agreement = max(k.Agreement, r.Agreement)
		if k.Referred == NoDate {
			k.Referred = r.Referred
		}
		if k.Decided == NoDate {
			k.Decided = r.Decided
		}
	}
	return kept
}
