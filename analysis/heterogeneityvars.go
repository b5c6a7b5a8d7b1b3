package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// subsetVariable is what the rows of a trial are divided by.
type subsetVariable struct {
	// variant: a property of the treatment, which the treated alone have. Each value is compared with the whole comparison,
	// and with the starts of the other values.
	variant bool
	// place: the values are places or firms. Nothing but shrunken figures leaves (synthesis.Shrink).
	place   bool
	ordered bool
	// figure is a number of where a person lives in a month, which values are thirds of and the effect has a slope in; where names
	// the place that it is a figure of.
	figure func(reg *register.Register, person int32, m calendar.Month) float64
	where  func(reg *register.Register, person int32, m calendar.Month) string
	needs  func(*register.Register) string // what is missing in the register; nil: nothing can be
	values func(r *runner, trial *cohort.Trial) func(i int32) string
}

// unknownValue is the value of rows for which a variable is not known. It is a value like another, so that values add up.
const unknownValue = "unknown"

// subsetVariables are what `heterogeneity.by` may name, besides group.
var subsetVariables = map[string]subsetVariable{
	"group": {},
	"elapsed": {ordered: true, values: func(r *runner, trial *cohort.Trial) func(int32) string {
		names := []string{"1-3", "1-3", "1-3", "4-6", "7-12", "13+", "13+"} // of cohort.Bands
		return func(i int32) string { return names[r.trials.Rows.Band[trial.Row[i]]] }
	}},
	"year": {ordered: true, values: func(r *runner, trial *cohort.Trial) func(int32) string {
		return func(i int32) string { return strconv.Itoa(r.trials.Rows.Month[trial.Row[i]].Year()) }
	}},
	"half_year": {ordered: true, values: func(r *runner, trial *cohort.Trial) func(int32) string {
		return func(i int32) string {
			m := r.trials.Rows.Month[trial.Row[i]]
			return fmt.Sprintf("%d-%d", m.Year(), (m.Number()+5)/6)
		}
	}},
	"place":      {ordered: true, values: placesInChain},
	"fylke":      {place: true, needs: need(func(reg *register.Register) bool { return len(reg.Persons.Counties) > 0 }, "`fylke` of persons"), values: counties},
	"nav_enhet":  {place: true, needs: need(func(reg *register.Register) bool { return len(reg.Persons.Offices) > 0 }, "`nav_enhet` of persons"), values: offices},
	"ledighet":   ofArea("ledighet", (*register.Register).LocalUnemployment),
	"stramhet":   ofArea("stramhet", (*register.Register).LocalTightness),
	"storrelse":  ofOffice("storrelse"),
	"portefolje": ofOffice("portefolje"),
	"budsjett":   ofOffice("budsjett"),
	"innhold": {variant: true, needs: need(func(reg *register.Register) bool { return len(reg.Contents) > 0 }, "`innhold` in `deltakelse`"),
		values: ofStart(func(r *runner, p *register.Participation) string {
			if p.Content < 0 {
				return unknownValue
			}
			return r.reg.Contents[p.Content]
		})},
	"anskaffelse": {variant: true, needs: procurements,
		values: ofStart(func(r *runner, p *register.Participation) string {
			if p.Procured < 0 {
				return unknownValue
			}
			return r.reg.Procurements[p.Procured]
		})},
	"deltidsprosent": {variant: true, ordered: true, values: ofStart(func(_ *runner, p *register.Participation) string {
		switch v := p.PartTime; {
		case v != v:
			return unknownValue
		case v < 50:
			return "0-49"
		case v < 100:
			return "50-99"
		}
		return "100"
	})},
	"avtale": {variant: true, values: ofStart(func(_ *runner, p *register.Participation) string {
		return map[int8]string{0: "no", 1: "yes"}[p.Agreement] + map[int8]string{-1: unknownValue}[p.Agreement]
	})},
	"arrangor_id": {variant: true, place: true, needs: need(func(reg *register.Register) bool { return len(reg.Providers) > 0 }, "`arrangor_id` in `deltakelse`"),
		values: func(r *runner, trial *cohort.Trial) func(int32) string {
			number := numbered(len(r.reg.Providers), *r.study.Seed, "providers")
			return ofStart(func(_ *runner, p *register.Participation) string {
				if p.Provider < 0 {
					return unknownValue
				}
				return number(p.Provider)
			})(r, trial)
		}},
}

func subsetNames() []string {
	var out []string
	for name := range subsetVariables {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func need(has func(*register.Register) bool, what string) func(*register.Register) string {
	return func(reg *register.Register) string {
		if has(reg) {
			return ""
		}
		return what
	}
}

// mostProcurements is how many values `anskaffelse` may have: it says how a place is bought, and not from whom.
const mostProcurements = 20

// procurements is what is missing in, or wrong with, `anskaffelse`.
func procurements(reg *register.Register) string {
	switch n := len(reg.Procurements); {
	case n == 0:
		return "`anskaffelse` in `deltakelse`"
	case n > mostProcurements:
		return fmt.Sprintf("`anskaffelse` in `deltakelse` that says how places are bought: it has %d values, and up to %d are taken (such as anbud, forhandsgodkjent, egen_regi; a provider belongs in `arrangor_id`)", n, mostProcurements)
	}
	return ""
}

func hasArea(column string) func(*register.Register) bool {
	return func(reg *register.Register) bool { return reg.Areas != nil && reg.Areas.Values[column] != nil }
}

func hasOffice(column string) func(*register.Register) bool {
	return func(reg *register.Register) bool {
		return reg.OfficeMonths != nil && reg.OfficeMonths.Values[column] != nil
	}
}

// numbered gives places numbers in an order that tells nothing of their names or sizes.
func numbered(n int, seed uint64, what string) func(int32) string {
	key := random.NewKeyed(seed, "heterogeneity "+what)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(key.Uint64(uint64(a), 0), key.Uint64(uint64(b), 0)) })
	number := make([]int, n)
	for k, i := range order {
		number[i] = k + 1
	}
	return func(i int32) string { return strconv.Itoa(number[i]) }
}

func counties(r *runner, trial *cohort.Trial) func(int32) string {
	rows := &r.trials.Rows
	return func(i int32) string {
		d, _ := r.reg.PersonOn(rows.Person[trial.Row[i]], rows.Month[trial.Row[i]].First())
		if d.County < 0 {
			return unknownValue
		}
		return r.reg.Persons.Counties[d.County]
	}
}

func offices(r *runner, trial *cohort.Trial) func(int32) string {
	rows := &r.trials.Rows
	name := numbered(len(r.reg.Persons.Offices), *r.study.Seed, "offices")
	if r.study.Heterogeneity.NameOffices {
		name = func(o int32) string { return r.reg.Persons.Offices[o] }
	}
	return func(i int32) string {
		d, _ := r.reg.PersonOn(rows.Person[trial.Row[i]], rows.Month[trial.Row[i]].First())
		if d.Office < 0 {
			return unknownValue
		}
		return name(d.Office)
	}
}

// ofStart divides by a property of the participation, as it is registered. Comparison rows, and those who were referred and
// never began, have none.
func ofStart(value func(r *runner, p *register.Participation) string) func(*runner, *cohort.Trial) func(int32) string {
	return func(r *runner, trial *cohort.Trial) func(int32) string {
		return func(i int32) string {
			if trial.Start[i] < 0 {
				return unknownValue
			}
			return value(r, &r.reg.Participations[trial.Start[i]])
		}
	}
}

// placesInChain is which start of the episode a start at m is, or would be: 1 where no tiltak began in the episode before m.
func placesInChain(r *runner, trial *cohort.Trial) func(int32) string {
	rows := &r.trials.Rows
	return func(i int32) string {
		row := trial.Row[i]
		person, m, from := rows.Person[row], rows.Month[row], rows.EpisodeStart[row]
		place := 1
		for _, p := range r.reg.Participations[r.reg.FirstPart[person]:r.reg.FirstPart[person+1]] {
			if p.Start >= from && p.Start.Month() < m {
				place++
			}
		}
		if place >= 3 {
			return "3+"
		}
		return strconv.Itoa(place)
	}
}

// thirds divides by a figure of where a person lives in the month before m, at the thirds of the starts of the tiltak.
func thirds(figure func(reg *register.Register, person int32, m calendar.Month) float64) func(*runner, *cohort.Trial) func(int32) string {
	return func(r *runner, trial *cohort.Trial) func(int32) string {
		rows := &r.trials.Rows
		at := func(i int32) float64 {
			return figure(r.reg, rows.Person[trial.Row[i]], rows.Month[trial.Row[i]]-1)
		}
		var of []float64
		for i, treated := range trial.Treated {
			if v := at(int32(i)); treated && !math.IsNaN(v) {
				of = append(of, v)
			}
		}
		if len(of) == 0 {
			return func(int32) string { return unknownValue }
		}
		slices.Sort(of)
		low, high := of[(len(of)-1)/3], of[2*(len(of)-1)/3]
		return func(i int32) string {
			switch v := at(i); {
			case math.IsNaN(v):
				return unknownValue
			case v <= low:
				return "low"
			case v <= high:
				return "middle"
			}
			return "high"
		}
	}
}

// ofArea divides by a figure of omrade_maaned.
func ofArea(column string, figure func(*register.Register, int32, calendar.Month) float64) subsetVariable {
	return subsetVariable{ordered: true, needs: need(hasArea(column), "`"+column+"` in `omrade_maaned`"), values: thirds(figure), figure: figure, where: (*register.Register).AreaOf}
}

// ofOffice divides by a figure of enhet.
func ofOffice(column string) subsetVariable {
	figure := func(reg *register.Register, person int32, m calendar.Month) float64 {
		return reg.OfficeFigure(column, person, m)
	}
	return subsetVariable{ordered: true, needs: need(hasOffice(column), "`"+column+"` in `enhet`"), values: thirds(figure), figure: figure, where: (*register.Register).OfficeOf}
}

// byValue sorts values: numbers by size, the unknown last.
func byValue(a, b string) int {
	if (a == unknownValue) != (b == unknownValue) {
		if a == unknownValue {
			return 1
		}
		return -1
	}
	x, errX := leading(a)
	y, errY := leading(b)
	if errX == nil && errY == nil && x != y {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

// leading is the number that a value begins with, and of thirds their order.
func leading(s string) (int, error) {
	if k := slices.Index([]string{"low", "middle", "high"}, s); k >= 0 {
		return k, nil
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return strconv.Atoi(s[:n])
}
