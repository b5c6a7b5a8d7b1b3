package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// rich is a tiny register with the tables and columns that few registers have.
func rich(n int) *register.Register {
	rng := rand.New(rand.NewPCG(21, 1))
	reg := tiny(rng, n, 40)
	p := &reg.Persons
	helse := &register.Extra{Numbers: make([]float64, n)}
	yrke := &register.Extra{Codes: make([]int32, n), Levels: []string{"kokk", "lege", "snekker"}}
	reg.FirstDated = []int32{0}
	reg.CivilStatuses, reg.Municipalities = []string{"gift", "ugift"}, []string{"0301", "4601"}
	for i := range n {
		helse.Numbers[i] = float64(rng.IntN(3))
		if rng.IntN(4) == 0 {
			helse.Numbers[i] = math.NaN()
		}
		yrke.Codes[i] = int32(rng.IntN(4) - 1)
		p.Office = append(p.Office, int32(rng.IntN(3)-1))
		if rng.IntN(3) > 0 {
			reg.Dated = append(reg.Dated, register.Dated{Person: int32(i), From: (firstMonth + 8).First(), To: calendar.Open, County: -1, Office: -1, Education: 5,
				Municipality: int32(rng.IntN(2)), Civil: int16(rng.IntN(3) - 1), Children: int8(rng.IntN(4) - 1)})
		}
		reg.FirstDated = append(reg.FirstDated, int32(len(reg.Dated)))
	}
	p.Offices = []string{"0301", "0302"}
	reg.Extra = map[string]*register.Extra{"person.helse": helse, "person.yrke": yrke}
	local := func(by string, places []string, columns ...string) *register.Local {
		a := &register.Local{By: by, Place: map[string]int32{}, First: firstMonth, Months: 40, Values: map[string][]float64{}}
		for i, code := range places {
			a.Place[code] = int32(i)
		}
		for _, c := range columns {
			for range len(places) * 40 {
				v := 1 + 100*rng.Float64()
				if rng.IntN(5) == 0 {
					v = math.NaN()
				}
				a.Values[c] = append(a.Values[c], v)
			}
		}
		return a
	}
	reg.Areas = local("fylke", p.Counties, "ledighet", "stramhet")
	reg.OfficeMonths = local("nav_enhet", p.Offices, "storrelse", "portefolje", "budsjett")
	return reg
}

func names(covariates []Covariate) []string {
	var out []string
	for _, c := range covariates {
		out = append(out, c.Name)
	}
	return out
}

// What each item of a list stands for.
func TestCovariateList(t *testing.T) {
	reg := rich(60)
	standard := names(defaultCovariates(reg, &Design{From: firstMonth + 6, To: firstMonth + 20}))
	without := func(family string) []string {
		return slices.DeleteFunc(slices.Clone(standard), func(n string) bool { return familyOf(n) == family })
	}
	for _, c := range []struct {
		list []string
		want []string
	}{
		{nil, standard},
		{[]string{"default"}, standard},
		{[]string{"alder", "kvinne", "alder_kvadrert"}, []string{"alder", "kvinne", "alder_kvadrert"}},
		{[]string{"utdanning"}, []string{"utdanning=lav", "utdanning=hoyere", "utdanning=ukjent"}},
		{[]string{"utdanning=lav", "utdanning"}, []string{"utdanning=lav", "utdanning=hoyere", "utdanning=ukjent"}},
		{[]string{"aap_*", "lonn_*"}, []string{"aap_1_3", "aap_4_12", "lonn_7_12", "lonn_13_24", "lonn_25_36", "lonn_for_7_18", "lonn_for_19_30", "lonn_for_31_42"}},
		{[]string{"default", "-utdanning"}, without("utdanning")},
		{[]string{"alder", "utdanning", "-utdanning=lav", "-alder", "kvinne"}, []string{"utdanning=hoyere", "utdanning=ukjent", "kvinne"}},
		{[]string{"kvinne*utdanning"}, []string{"kvinne*utdanning=lav", "kvinne*utdanning=hoyere", "kvinne*utdanning=ukjent"}},
		{[]string{"tiltakspenger_1_3", "barn", "sivilstand"}, []string{"tiltakspenger_1_3", "barn", "barn=ukjent"}}, // sivilstand: one of two is the reference
		{[]string{"enhet_*"}, []string{"enhet_storrelse", "enhet_storrelse=ukjent", "enhet_portefolje", "enhet_portefolje=ukjent", "enhet_budsjett", "enhet_budsjett=ukjent"}},
		{[]string{"stramhet_lokalt", "ledighet_lokalt"}, []string{"stramhet_lokalt", "stramhet_lokalt=ukjent", "ledighet_lokalt", "ledighet_lokalt=ukjent"}},
		{[]string{"person.helse"}, []string{"person.helse", "person.helse=ukjent"}},
		{[]string{"person.helse:factor"}, []string{"person.helse=1", "person.helse=2", "person.helse=ukjent"}},
		{[]string{"person.yrke"}, []string{"person.yrke=lege", "person.yrke=snekker", "person.yrke=ukjent"}},
		{[]string{"months(aap, 1, 24)", "age < 25 and person.helse >= 2"}, []string{"months(aap, 1, 24)", "months(aap, 1, 24)=ukjent", "age < 25 and person.helse >= 2", "age < 25 and person.helse >= 2=ukjent"}},
		{[]string{"year:factor"}, []string{"year=2016", "year=ukjent"}},
		{[]string{"origin"}, []string{"origin=norge", "origin=utenfor_eos", "origin=ukjent"}},
	} {
		d := Design{From: firstMonth + 6, To: firstMonth + 20, Covariates: c.list}
		if _, err := d.checkCovariates(); err != nil {
			t.Errorf("%v: %v", c.list, err)
			continue
		}
		got, err := d.chosen(reg)
		if err != nil {
			t.Errorf("%v: %v", c.list, err)
			continue
		}
		if have := names(got); len(c.list) == 3 && c.list[2] == "sivilstand" {
			if len(have) != 5 || !strings.HasPrefix(have[3], "sivilstand=") || have[4] != "sivilstand=ukjent" {
				t.Errorf("%v: %v", c.list, have)
			}
		} else if !slices.Equal(have, c.want) {
			t.Errorf("%v:\n%v, want\n%v", c.list, have, c.want)
		}
		for _, x := range got {
			if x.NB == "" || x.EN == "" || x.Latest > -1 {
				t.Errorf("%v: %+v", c.list, x)
			}
		}
	}
	for _, c := range []struct {
		item, want string
		early      bool // refused before the register is read
	}{
		{"aldr", "`aldr`, which is no covariate of this register (did you mean `alder`?)", true},
		{"fylke=99", "`fylke=99`", false},
		{"xx*alder", "`xx*alder`", true},
		{"deltidsprosent", "the comparison has none", true},
		{"-kvinne", "nothing before it puts that in", false},
		{"months(aap, 0, 3)", "`covariates`: at character 13", true},
		{"person.helse >", "`covariates`: at character", true},
		{"age:factor", "how many levels it has cannot be told", true},
	} {
		d := tinyDesign()
		d.Covariates = []string{"alder", c.item}
		err := d.Validate()
		if c.early != (err != nil) {
			t.Errorf("%s, before the register: %v", c.item, err)
		}
		if err == nil {
			_, err = d.chosen(reg)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.StatusOf(err) != fault.Usage {
			t.Errorf("%s: %v", c.item, err)
		}
	}
	for list, want := range map[string][]string{"`covariates` is empty": {}, "`alder` twice": {"alder", "alder"}, "left without any": {"alder", "-alder"}} {
		d := tinyDesign()
		d.Covariates = want
		err := d.Validate()
		if err == nil {
			_, err = d.chosen(reg)
		}
		if err == nil || !strings.Contains(err.Error(), list) {
			t.Errorf("%v: %v", want, err)
		}
	}
	d := tinyDesign()
	d.Covariates = []string{"person.helse:factor", "person.yrke", "months(aap, 1, 2) + person.alter"}
	if got, err := d.Columns(); err != nil || len(got) != 3 || got[2].Name != "person.alter" {
		t.Errorf("%v, %v", got, err)
	}
}

// The values of the further covariates, against the register itself; none moves when month m or later does.
func TestCovariateValues(t *testing.T) {
	reg := rich(300)
	d := tinyDesign()
	d.Covariates = []string{"barn", "enhet_portefolje", "enhet_budsjett", "stramhet_lokalt", "person.helse", "person.yrke", "tiltakspenger_1_3", "kvinne*alder", "months(aap, 2, 5)", "education:factor", "person.helse >= 1"}
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]*Column{}
	for j, c := range trials.Rows.Covariates {
		column[c.Name] = &trials.Rows.X[j]
	}
	seen := map[string]int{}
	is := func(i int, name string, want float64) {
		t.Helper()
		got := column[name].At(int32(i))
		if math.Abs(got-want) > 1e-12 {
			t.Fatalf("row %d: %s is %v, want %v", i, name, got, want)
		}
		if got != 0 {
			seen[name]++
		}
	}
	number := func(i int, name string, want float64) {
		t.Helper()
		if math.IsNaN(want) {
			is(i, name, 0)
			is(i, name+"=ukjent", 1)
			return
		}
		is(i, name, want)
		is(i, name+"=ukjent", 0)
	}
	flag := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	for i, person := range trials.Rows.Person {
		m := trials.Rows.Month[i]
		children, education := math.NaN(), reg.Persons.Education[person]
		for _, x := range reg.Dated[reg.FirstDated[person]:reg.FirstDated[person+1]] {
			if x.From < m.First() {
				education = 5
				if x.Children >= 0 {
					children = float64(x.Children)
				}
			}
		}
		number(i, "barn", children)
		office, county := reg.Persons.Office[person], reg.Persons.County[person]
		load, budget := math.NaN(), math.NaN()
		if office >= 0 {
			load, budget = reg.OfficeMonths.Values["portefolje"][int(office)*40+int(m-1-firstMonth)], math.Log(reg.OfficeMonths.Values["budsjett"][int(office)*40+int(m-1-firstMonth)])
		}
		number(i, "enhet_portefolje", load)
		number(i, "enhet_budsjett", budget)
		number(i, "stramhet_lokalt", reg.Areas.Values["stramhet"][int(county)*40+int(m-1-firstMonth)])
		number(i, "person.helse", reg.Extra["person.helse"].Numbers[person])
		code := reg.Extra["person.yrke"].Codes[person]
		is(i, "person.yrke=lege", flag(code == 1))
		is(i, "person.yrke=snekker", flag(code == 2))
		is(i, "person.yrke=ukjent", flag(code < 0))
		is(i, "kvinne*alder", float64(reg.Persons.AgeAt(person, m)))
		aap, money := 0., 0.
		for k := m - 5; k <= m-1; k++ {
			s := reg.Panel.State[reg.Panel.Index(person, k)]
			if k <= m-2 {
				aap += flag(s&register.AAP != 0)
			}
			if k >= m-3 {
				money += flag(s&register.Tiltakspenger != 0)
			}
		}
		number(i, "months(aap, 2, 5)", aap)
		is(i, "tiltakspenger_1_3", money/3)
		is(i, "education=5", flag(education == 5))
		is(i, "education=ukjent", flag(education < 0))
		if h := reg.Extra["person.helse"].Numbers[person]; math.IsNaN(h) {
			number(i, "person.helse >= 1", math.NaN())
		} else {
			number(i, "person.helse >= 1", flag(h >= 1))
		}
	}
	for name := range column {
		if seen[name] == 0 && name != "months(aap, 2, 5)=ukjent" && (!strings.HasPrefix(name, "education=") || name == "education=5") {
			t.Errorf("%s is 0 in every row: the test tells nothing of it", name)
		}
	}
	text := fmt.Sprint(trials.Warnings)
	for _, want := range []string{"covariates_unknown", "barn in ", "person.helse in ", "undated_values"} {
		if !strings.Contains(text, want) {
			t.Errorf("warnings %s lack %s", text, want)
		}
	}
	// Month m itself and all after it are of no matter.
	m := d.From + 4
	for person := range int32(reg.Persons.N) {
		for k := m; k <= reg.Panel.Last(); k++ {
			reg.Panel.State[reg.Panel.Index(person, k)] ^= register.AAP | register.Tiltakspenger
		}
	}
	for _, a := range []*register.Local{reg.Areas, reg.OfficeMonths} {
		for _, v := range a.Values {
			for k := range v {
				if firstMonth+calendar.Month(k%40) >= m {
					v[k] = 1e6
				}
			}
		}
	}
	after, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	for i, month := range trials.Rows.Month {
		for j := range trials.Rows.X {
			if month <= m && after.Rows.X[j].At(int32(i)) != trials.Rows.X[j].At(int32(i)) {
				t.Fatalf("row %d: %s moves with month m or later", i, trials.Rows.Covariates[j].Name)
			}
		}
	}
}

// The list that `evaluate init` shows as the default is the default.
func TestInitShowsTheDefault(t *testing.T) {
	text, err := os.ReadFile("../../cmd/evaluate/internal/cli/study.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n# covariates: [")
	list, _, ok2 := strings.Cut(rest, "]")
	if !ok || !ok2 {
		t.Fatal("study.yaml shows no list of covariates")
	}
	d := Design{From: calendar.NewMonth(2019, 1), To: calendar.NewMonth(2020, 12)}
	d.Covariates = append(d.Covariates, strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,\n#\"", r) })...)
	got, err := d.chosen(stub())
	if err != nil {
		t.Fatal(err)
	}
	have, want := names(got), names(defaultCovariates(stub(), &d))
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("the list stands for %v, the default is %v", have, want)
	}
}
