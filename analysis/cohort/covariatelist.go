package cohort

import (
	"fmt"
	"math"
	"path"
	"slices"
	"sort"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// The covariates that a study lists. Each item is
//
//	default             the default set
//	alder               a covariate of the default set or of the further ones (furtherCovariates)
//	utdanning           a factor: all its levels, utdanning=lav, utdanning=hoyere, …
//	arbeid_*, *_for_*   all whose names match
//	kvinne*alder        products of covariates (each with each, where a side is a factor)
//	person.helse        a column of the user's own: a number, with an indicator where it is missing, or a text as a factor
//	person.helse:factor a number as a factor; so may any expression be, as in year:factor
//	months(aap, 1, 24)  an expression of docs/groups.md, a number or true (1) and false (0)
//	-fylke              takes away what the items before it have put in
//
// A factor has no level for its reference: the first in byte order of a user's own, the most frequent of places and civil
// status. What is missing is a level of its own, `=ukjent`, beside the value 0.

// unknownLevel ends the name of the indicator of what is missing.
const unknownLevel = "=ukjent"

// maxLevels bounds a factor: more levels than this are no covariate but an identifier.
const maxLevels = 200

// furtherCovariates are those that have a name and are not in the default set: they need tables that few registers have, or
// split people finer than the default does.
func furtherCovariates(reg *register.Register) []Covariate {
	var out []Covariate
	number := func(name, nb, en string, latest int, value func(*moment) float64) {
		out = append(out, withIndicator(name, nb, en, latest, value)...)
	}
	for _, w := range []struct{ from, to int }{{1, 3}, {4, 12}} {
		out = append(out, Covariate{Name: fmt.Sprintf("tiltakspenger_%d_%d", w.from, w.to), NB: fmt.Sprintf("Tiltakspenger, andel måneder %d–%d før", w.from, w.to), EN: fmt.Sprintf("Tiltakspenger, share of months %d–%d before", w.from, w.to), Latest: -w.from,
			value: func(x *moment) float64 {
				return x.history.mean(cTiltakspenger, x.m-calendar.Month(w.to), x.m-calendar.Month(w.from))
			}})
	}
	if reg.Areas != nil && reg.Areas.Values["stramhet"] != nil {
		number("stramhet_lokalt", "Stramhet i arbeidsmarkedet der personen bor, måneden før", "Tightness of the labour market where the person lives, the month before", -1,
			func(x *moment) float64 { return reg.LocalTightness(x.person, x.m-1) })
	}
	if reg.OfficeMonths != nil {
		for _, f := range []struct {
			column, nb, en string
			log            bool
		}{{"storrelse", "Nav-kontorets størrelse (log)", "Size of the Nav office (log)", true}, {"portefolje", "Personer per veileder ved Nav-kontoret", "Caseload at the Nav office", false}, {"budsjett", "Nav-kontorets tiltaksbudsjett (log)", "Budget of the Nav office (log)", true}} {
			if reg.OfficeMonths.Values[f.column] == nil {
				continue
			}
			number("enhet_"+f.column, f.nb+", måneden før", f.en+", the month before", -1, func(x *moment) float64 {
				v := reg.OfficeFigure(f.column, x.person, x.m-1)
				if f.log {
					if v <= 0 {
						return nan
					}
					return math.Log(v)
				}
				return v
			})
		}
	}
	if reg.Dated != nil {
		number("barn", "Barn", "Children", Fixed, func(x *moment) float64 { return known(x.dated().Children) })
		out = append(out, levels("sivilstand", "Sivilstand", "Civil status", reg.CivilStatuses, frequencies(len(reg.CivilStatuses), len(reg.Dated), func(i int) int { return int(reg.Dated[i].Civil) }),
			func(x *moment) int { return int(x.dated().Civil) })...)
		out = append(out, levels("kommune", "Kommune", "Municipality", reg.Municipalities, frequencies(len(reg.Municipalities), len(reg.Dated), func(i int) int { return int(reg.Dated[i].Municipality) }),
			func(x *moment) int { return int(x.dated().Municipality) })...)
	}
	if p := &reg.Persons; p.Office != nil {
		out = append(out, levels("nav_enhet", "Nav-kontor", "Nav office", p.Offices, frequencies(len(p.Offices), len(p.Office), func(i int) int { return int(p.Office[i]) }),
			func(x *moment) int { return int(x.dated().Office) })...)
	}
	return out
}

// withIndicator is a number whose missing values are 0, with an indicator of them.
func withIndicator(name, nb, en string, latest int, value func(*moment) float64) []Covariate {
	return []Covariate{
		{Name: name, NB: nb, EN: en, Latest: latest, value: func(x *moment) float64 {
			if v := value(x); v == v && !math.IsInf(v, 0) {
				return v
			}
			return 0
		}},
		{Name: name + unknownLevel, NB: nb + " ukjent", EN: en + " unknown", Latest: latest, value: func(x *moment) float64 {
			if v := value(x); v == v && !math.IsInf(v, 0) {
				return 0
			}
			return 1
		}},
	}
}

// levels are the flags of a factor, without its reference (the level of which there is most), and with one for unknown.
func levels(name, nb, en string, codes []string, count []int, level func(*moment) int) []Covariate {
	if len(codes) < 2 || len(codes) > maxLevels {
		return nil
	}
	order := make([]int, len(codes))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return count[order[a]] > count[order[b]] })
	var out []Covariate
	for i, code := range codes {
		if i == order[0] || count[i] == 0 {
			continue
		}
		out = append(out, Covariate{Name: name + "=" + code, NB: nb + " " + code, EN: en + " " + code, Latest: Fixed, value: func(x *moment) float64 {
			if level(x) == i {
				return 1
			}
			return 0
		}})
	}
	return append(out, Covariate{Name: name + unknownLevel, NB: nb + " ukjent", EN: en + " unknown", Latest: Fixed, value: func(x *moment) float64 {
		if level(x) < 0 {
			return 1
		}
		return 0
	}})
}

func frequencies(levels, n int, level func(i int) int) []int {
	count := make([]int, levels)
	for i := range n {
		if k := level(i); k >= 0 {
			count[k]++
		}
	}
	return count
}

// Chosen are the covariates that the trials of the design will have.
func (d *Design) Chosen(reg *register.Register) ([]Covariate, error) { return d.chosen(reg) }

// chosen makes the covariates of the design: the default set, or those that it lists, in their order, each once.
func (d *Design) chosen(reg *register.Register) ([]Covariate, error) {
	standard := defaultCovariates(reg, d)
	if d.Covariates == nil {
		return standard, nil
	}
	pool := append(slices.Clone(standard), furtherCovariates(reg)...)
	var out []Covariate
	have := map[string]bool{}
	for _, item := range d.Covariates {
		name, away := strings.CutPrefix(item, "-")
		found, err := d.item(reg, strings.TrimSpace(name), standard, pool)
		if err != nil {
			return nil, err
		}
		if away {
			before := len(out)
			out = slices.DeleteFunc(out, func(c Covariate) bool {
				return slices.ContainsFunc(found, func(f Covariate) bool { return f.Name == c.Name })
			})
			if len(out) == before {
				return nil, fault.Usagef("bad_study", "`covariates` names `%s`, and nothing before it puts that in", item)
			}
			have = map[string]bool{}
			for _, c := range out {
				have[c.Name] = true
			}
			continue
		}
		for _, c := range found {
			if !have[c.Name] {
				have[c.Name] = true
				out = append(out, c)
			}
		}
	}
	if len(out) == 0 {
		return nil, fault.Usagef("bad_study", "`covariates` is left without any; name at least one, or say default")
	}
	return out, nil
}

// familyOf is the name of a covariate without its level.
func familyOf(name string) string {
	family, _, _ := strings.Cut(name, "=")
	return family
}

// item is what one item of the list stands for.
func (d *Design) item(reg *register.Register, item string, standard, pool []Covariate) ([]Covariate, error) {
	if item == "default" {
		return standard, nil
	}
	if found := matching(item, pool); len(found) > 0 {
		return found, nil
	}
	if a, b, ok := strings.Cut(item, "*"); ok && a != "" && b != "" && !strings.Contains(b, "*") { // no pattern matched: a product
		x, y := matching(strings.TrimSpace(a), pool), matching(strings.TrimSpace(b), pool)
		if len(x) > 0 && len(y) > 0 {
			return products(x, y), nil
		}
	}
	text, factor := strings.CutSuffix(item, ":factor")
	text = strings.TrimSpace(text)
	if column := slices.ContainsFunc([]string{"deltidsprosent", "lonnstilskudd_prosent", "kostnad", "arrangor_id", "innhold", "anskaffelse"}, func(c string) bool { return c == text || "deltakelse."+c == text }); column {
		return nil, fault.Usagef("bad_study", "`covariates` names `%s`, which says how the treated take part: the comparison has none, and it is no covariate", item)
	}
	if !strings.ContainsAny(text, "().<>=!+/ ") && !isWord(text) {
		var names []string
		for _, c := range pool {
			names = append(names, c.Name, familyOf(c.Name))
		}
		for _, w := range vocabulary {
			names = append(names, w.name, w.english)
		}
		slices.Sort(names)
		return nil, fault.Usagef("unknown_covariate", "`covariates` names `%s`, which is no covariate of this register%s; docs/covariates.md lists them, and a column of your own is `person.%s`", item, fault.Suggest(text, slices.Compact(names)), text)
	}
	return d.ownCovariate(reg, item, text, factor)
}

func isWord(name string) bool {
	return slices.ContainsFunc(vocabulary, func(w word) bool { return w.name == name || w.english == name })
}

// matching are the covariates that a name, a factor or a pattern stands for.
func matching(item string, pool []Covariate) []Covariate {
	var out []Covariate
	for _, c := range pool {
		ok := c.Name == item || familyOf(c.Name) == item
		if strings.Contains(item, "*") {
			ok, _ = path.Match(item, c.Name)
		}
		if ok {
			out = append(out, c)
		}
	}
	return out
}

// products are the products of each of one list with each of another; a history in one makes it a history.
func products(x, y []Covariate) []Covariate {
	var out []Covariate
	for _, a := range x {
		for _, b := range y {
			f, g := a.value, b.value
			out = append(out, Covariate{Name: a.Name + "*" + b.Name, NB: a.NB + " × " + b.NB, EN: a.EN + " × " + b.EN, Latest: max(a.Latest, b.Latest), BeforeEpisode: a.BeforeEpisode && b.BeforeEpisode,
				value: func(x *moment) float64 { return f(x) * g(x) }})
		}
	}
	return out
}

// ownCovariate is an expression or a column of the user's own.
func (d *Design) ownCovariate(reg *register.Register, item, text string, factor bool) ([]Covariate, error) {
	p := &parser{text: text, limit: nan, out: &Expression{Text: text}, typed: map[string]bool{}}
	p.next()
	n := p.or(0)
	if p.err == nil && p.token != tokenEnd {
		p.fail(p.at, "`%s` stands where the expression should end", p.word)
	}
	if p.err != nil {
		return nil, within(p.err, "`covariates`: ")
	}
	latest := Fixed
	if p.out.LookBack > 0 {
		latest = -p.out.Nearest
	}
	if strings.Contains(text, "local_unemployment") || strings.Contains(text, "ledighet") {
		latest = -1
	}
	asFactor := factor
	if n.column != "" {
		if e := reg.Extra[n.column]; e != nil && e.Codes != nil {
			n.kind, asFactor = aText, true
		}
	}
	x := &moment{reg: reg, persons: &reg.Persons}
	for _, need := range p.out.needs {
		if !need.there(x) {
			return nil, fault.Dataf("missing_column", need.name, need.column, "`covariates` names `%s`, which needs the column `%s` of %s; add it, or leave the covariate out", item, need.column, need.name)
		}
	}
	switch {
	case n.kind == aText || asFactor:
		value := n.text
		if n.kind == aNumber && n.column == "" {
			value = func(x *moment) string {
				if v := n.number(x); v == v {
					return fmt.Sprint(v)
				}
				return ""
			}
		} else if n.kind == aTruth {
			return nil, fault.Usagef("bad_study", "`covariates` names `%s`, which is true or false already; leave out :factor", item)
		}
		return d.ownFactor(reg, item, text, n, value, latest)
	case n.kind == aTruth:
		return withIndicator(text, text, text, latest, func(x *moment) float64 {
			switch n.truth(x) {
			case yes:
				return 1
			case no:
				return 0
			}
			return nan
		}), nil
	}
	return withIndicator(text, text, text, latest, n.number), nil
}

// ownFactor is a text as a factor: its levels are those of the column of the user's own, or of a word of the language.
func (d *Design) ownFactor(reg *register.Register, item, text string, n node, value func(*moment) string, latest int) ([]Covariate, error) {
	var codes []string
	switch {
	case n.column != "":
		e := reg.Extra[n.column]
		if e == nil {
			return nil, fault.Dataf("missing_column", "person", n.column, "`covariates` names `%s`, and the register was read without it", item)
		}
		seen := map[string]bool{}
		for _, w := range e.Levels {
			seen[w] = true
		}
		for _, v := range e.Numbers {
			if v == v {
				seen[fmt.Sprint(v)] = true
			}
			if len(seen) > maxLevels {
				break
			}
		}
		for w := range seen {
			codes = append(codes, w)
		}
	case n.only != nil:
		codes = slices.Clone(n.only)
	case text == "year" || text == "aar":
		for y := d.From.Year(); y <= d.To.Year(); y++ {
			codes = append(codes, fmt.Sprint(y))
		}
	case text == "month" || text == "maaned":
		for m := 1; m <= 12; m++ {
			codes = append(codes, fmt.Sprint(m))
		}
	case text == "utdanning" || text == "education":
		for l := range 10 {
			codes = append(codes, fmt.Sprint(l))
		}
	default:
		return nil, fault.Usagef("bad_study", "`covariates` names `%s`, and how many levels it has cannot be told; use a column, or compare it with a value", item)
	}
	slices.Sort(codes)
	if len(codes) > maxLevels {
		return nil, fault.Usagef("bad_study", "`covariates` names `%s`, which has over %d levels: it tells people apart, and no model can hold it", item, maxLevels)
	}
	var out []Covariate
	for i, code := range codes {
		if i == 0 { // the reference
			continue
		}
		out = append(out, Covariate{Name: text + "=" + code, NB: text + " " + code, EN: text + " " + code, Latest: latest, value: func(x *moment) float64 {
			if value(x) == code {
				return 1
			}
			return 0
		}})
	}
	return append(out, Covariate{Name: text + unknownLevel, NB: text + " ukjent", EN: text + " unknown", Latest: latest, value: func(x *moment) float64 {
		if value(x) == "" {
			return 1
		}
		return 0
	}}), nil
}

// stub is a register that has every table and column, for what a list of covariates can be checked for before one is read.
func stub() *register.Register {
	reg := &register.Register{Areas: &register.Local{Values: map[string][]float64{"stramhet": {1}}}, Dated: []register.Dated{{}, {Civil: 1, Municipality: 1}},
		CivilStatuses: []string{"a", "b"}, Municipalities: []string{"a", "b"}, Registrations: []register.Registration{{Effort: 1}},
		OfficeMonths: &register.Local{Values: map[string][]float64{"storrelse": {1}, "portefolje": {1}, "budsjett": {1}}}}
	p := &reg.Persons
	p.Immigrated, p.County, p.Counties, p.Office, p.Offices = []int16{0, 0}, []int16{0, 1}, []string{"a", "b"}, []int32{0, 1}, []string{"a", "b"}
	return reg
}

// checkCovariates says what is wrong with the list whatever the register: a word that means nothing, an expression that
// cannot be read. Levels that only a register tells are left to Build.
func (d *Design) checkCovariates() ([]register.ExtraColumn, error) {
	if d.Covariates == nil {
		return nil, nil
	}
	if len(d.Covariates) == 0 {
		return nil, fault.Usagef("bad_study", "`covariates` is empty; name at least one, or say default")
	}
	reg := stub()
	standard := defaultCovariates(reg, d)
	pool := append(slices.Clone(standard), furtherCovariates(reg)...)
	var out []register.ExtraColumn
	seen := map[string]bool{}
	for _, item := range d.Covariates {
		if seen[item] {
			return nil, fault.Usagef("bad_study", "`covariates` names `%s` twice", item)
		}
		seen[item] = true
		name := strings.TrimSpace(strings.TrimPrefix(item, "-"))
		family, level, isLevel := strings.Cut(name, "=")
		if isLevel && level != "" && !strings.ContainsAny(name, "<>!(\" ") && len(matching(family, pool)) > 0 {
			continue
		}
		if text, _ := strings.CutSuffix(name, ":factor"); strings.HasPrefix(text, "person.") || strings.HasPrefix(text, "person_historikk.") || strings.ContainsAny(text, "(.<>") {
			p := &parser{text: text, limit: nan, out: &Expression{}, typed: map[string]bool{}}
			p.next()
			p.or(0)
			if p.err == nil && p.token != tokenEnd {
				p.fail(p.at, "`%s` stands where the expression should end", p.word)
			}
			if p.err != nil {
				return nil, within(p.err, "`covariates`: ")
			}
			for _, c := range p.out.Columns {
				out = append(out, register.ExtraColumn{Name: c, For: "the covariate `" + name + "`"})
			}
			continue
		}
		if _, err := d.item(reg, name, standard, pool); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// missing counts the analysis rows in which a covariate is unknown, and those whose schooling or place is not that of the
// day before m but an undated one, as warnings.
func (t *Trials) missing(reg *register.Register) []fault.Warning {
	var w []fault.Warning
	r := &t.Rows
	var parts []string
	for j, c := range r.Covariates {
		name, ok := strings.CutSuffix(c.Name, unknownLevel)
		if !ok || strings.Contains(c.Name, "*") {
			continue
		}
		if n := r.X[j].Count(func(v float64) bool { return v != 0 }); n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %s of %d", name, plural(n), r.Len()))
		}
	}
	if parts != nil {
		w = append(w, fault.Warnf("covariates_unknown", "unknown values of covariates have a level of their own: %s", strings.Join(parts, ", ")))
	}
	if reg.Dated == nil {
		return w
	}
	n, persons, last := 0, 0, int32(-1)
	for i, person := range r.Person {
		if _, dated := reg.PersonOn(person, r.Month[i].First()-1); dated {
			continue
		}
		n++
		if person != last {
			persons, last = persons+1, person
		}
	}
	if n > 0 {
		w = append(w, fault.Warnf("undated_values", "person_historikk says nothing of the day before the start in %s of %d: what `person` says without a date is used there", plural(n), r.Len()))
	}
	return w
}

// plural is "1 row" or "2 rows".
func plural(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
