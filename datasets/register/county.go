package register

import (
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// countyFamilies are the counties that the reforms of 2018, 2020 and 2024 joined and parted, oldest codes first: the
// codes before 2018/2020, the joined code, and the codes since 2024 (in the order of the oldest; none where the county
// was not parted again). Source: SSB, Standard for fylkesinndeling (KLASS 104). A few municipalities changed county on
// the way (Jevnaker, Lunner, Svelvik and others): their persons follow the code that the data has.
var countyFamilies = []struct {
	old    []string
	joined string
	parted []string
}{
	{[]string{"01", "02", "06"}, "30", []string{"31", "32", "33"}},
	{[]string{"04", "05"}, "34", nil},
	{[]string{"07", "08"}, "38", []string{"39", "40"}},
	{[]string{"09", "10"}, "42", nil},
	{[]string{"12", "14"}, "46", nil},
	{[]string{"16", "17"}, "50", nil},
	{[]string{"19", "20"}, "54", []string{"55", "56"}},
}

// reformCounties makes one division of county codes from different years. Where a family has its joined code and parts
// of it, the parts become the joined county, since the joined one cannot be parted; where it has old and new parts only,
// the old become the new. Two old counties that were joined for good are joined where any code of the data is newer.
// It returns the codes that change; codes of other kinds (texts, 03, 11, 15, 18) never do.
func reformCounties(codes []string) map[string]string {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(c string) bool { return slices.Contains(codes, c) })
	}
	newer := false
	for _, f := range countyFamilies {
		newer = newer || slices.Contains(codes, f.joined) || has(f.parted)
	}
	change := map[string]string{}
	for _, f := range countyFamilies {
		joined, old, parted := slices.Contains(codes, f.joined), has(f.old), has(f.parted)
		switch {
		case joined && (old || parted), old && !parted && newer && f.parted == nil:
			for _, c := range slices.Concat(f.old, f.parted) {
				change[c] = f.joined
			}
		case old && parted:
			for i, c := range f.old {
				change[c] = f.parted[i]
			}
		}
	}
	return change
}

// countyCode writes 3 and 03 alike.
func countyCode(text string) string {
	if len(text) == 1 && text[0] >= '1' && text[0] <= '9' {
		return "0" + text
	}
	return text
}

// numberCounties makes one division of the counties of persons and their dated facts and numbers them in byte order.
func (b *builder) numberCounties(counties *interner) error {
	if len(counties.texts) > math.MaxInt16 {
		return fault.Dataf("too_many_levels", b.file("person"), "fylke", "`fylke` has %d values; name the column that holds the county in the mapping", len(counties.texts))
	}
	reformed := b.ledger.rule("person", "county_reformed", Changed)
	change := map[string]string{}
	if !b.opt.Rules.KeepCounties {
		change = reformCounties(counties.texts)
	}
	present := newInterner() // a county that nobody is left in has no place
	final := func(c int16, person int32) int16 {
		if c < 0 {
			return -1
		}
		code := counties.texts[c]
		if to, ok := change[code]; ok {
			reformed.add(person)
			code = to
		}
		return int16(present.of(code))
	}
	for i, c := range b.Persons.County {
		b.Persons.County[i] = final(c, int32(i))
	}
	for i := range b.Dated {
		b.Dated[i].County = final(b.Dated[i].County, b.Dated[i].Person)
	}
	var place []int32
	b.Persons.Counties, place = present.sorted()
	for i, c := range b.Persons.County {
		b.Persons.County[i] = int16(replace(place, int32(c)))
	}
	for i := range b.Dated {
		b.Dated[i].County = int16(replace(place, int32(b.Dated[i].County)))
	}
	return nil
}
