package register

import "slices"

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

// harmoniseCounties renames the counties of persons where codes of several years stand side by side.
func (b *builder) harmoniseCounties(counties *interner) {
	reformed := b.ledger.rule("person", "county_reformed", Changed)
	if b.opt.Rules.KeepCounties {
		return
	}
	change := reformCounties(counties.texts)
	for i, c := range b.Persons.County {
		if c < 0 {
			continue
		}
		if to, ok := change[counties.texts[c]]; ok {
			reformed.add(int32(i))
			b.Persons.County[i] = int16(counties.of(to))
		}
	}
}
