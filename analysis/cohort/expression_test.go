package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// One person, of whom much is known, in 2020-03, and another of whom nothing is.
func somebodyKnown() (known, stranger *moment) {
	reg := &register.Register{Tiltak: []string{"A", "B"}, Cut: calendar.NewMonth(2021, 12)}
	p := &reg.Persons
	p.N = 2
	p.Born, p.Sex, p.Origin = []int16{1995, 0}, []register.Sex{register.Woman, 0}, []register.Origin{register.OutsideEEA, 0}
	p.Education, p.Immigrated = []int8{2, -1}, []int16{2017, 0}
	p.Counties, p.County = []string{"03", "46"}, []int16{1, -1}
	reg.Extra = map[string]*register.Extra{
		"person.helse":               {Numbers: []float64{3, math.NaN()}},
		"person.yrke":                {Codes: []int32{0, -1}, Levels: []string{"snekker"}},
		"person_historikk.introgram": {Codes: []int32{0}, Levels: []string{"ja"}},
	}
	day := calendar.NewDate
	reg.Dated = []register.Dated{{Person: 0, From: day(2019, 1, 1), To: day(2020, 2, 29), County: 0, Office: -1, Education: -1, Municipality: 0, Civil: 0, Children: 2}}
	reg.FirstDated = []int32{0, 1, 1}
	reg.Municipalities, reg.CivilStatuses = []string{"0301"}, []string{"gift"}
	reg.Participations = []register.Participation{{Tiltak: 0, Start: day(2019, 3, 5)}, {Tiltak: 1, Start: day(2020, 3, 2)}}
	reg.FirstPart = []int32{0, 2, 2}
	panel := &register.Panel{First: calendar.NewMonth(2019, 1), Months: 24, N: 2, Position: make([]uint16, 48), Ordinary: make([]uint16, 48), Wage: make([]int32, 48), OrdinaryWage: make([]int32, 48), State: make([]register.State, 48)}
	for k := range 14 { // January 2019 to February 2020
		if k%2 == 0 {
			panel.State[k] |= register.Sosialhjelp
		}
		if k < 4 {
			panel.Ordinary[k], panel.OrdinaryWage[k] = 5000, 1_000_000
		}
	}
	panel.State[14] = register.AAP // March 2020: the month itself
	reg.Panel = panel
	at := func(person int32) *moment {
		x := &moment{reg: reg, persons: p, person: person, m: calendar.NewMonth(2020, 3), history: &sums{}}
		x.history.load(panel.History(person))
		return x
	}
	known, stranger = at(0), at(1)
	known.episode = &Episode{From: day(2019, 10, 15), To: calendar.Open, spells: []register.Registration{{From: day(2019, 10, 15), To: calendar.Open, Status: register.ReducedWorkCapacity, Effort: 3}}}
	return known, stranger
}

// The value of each expression, of the known person and of the stranger: 1, 0 or −1 for unknown.
func TestExpressions(t *testing.T) {
	a, b := somebodyKnown()
	for _, c := range []struct {
		text      string
		known, un int8
	}{
		{"true", yes, yes}, {"false", no, no}, {"not true", no, no},
		{"age < 25", yes, unknown}, {"alder < 24", no, unknown}, {"age == 24", yes, unknown}, {"age != 24", no, unknown}, {"24 >= age", yes, unknown}, {"age > 24", no, unknown}, {"age <= 24.5", yes, unknown},
		{"born == 1995", yes, unknown}, {"kjonn == \"kvinne\"", yes, unknown}, {"sex == 'mann'", no, unknown}, {"origin in [\"eos\", \"utenfor_eos\"]", yes, unknown},
		{"education <= 2", yes, unknown}, {"not (education <= 2)", no, unknown}, {"education in [0, 1]", no, unknown}, {"education in [-1, 2]", yes, unknown},
		{"county == \"03\"", yes, unknown}, {"fylke != \"03\"", no, unknown}, {"kommune == \"0301\"", yes, unknown}, {"sivilstand == \"gift\"", yes, unknown}, {"barn >= 2", yes, unknown}, {"barn * 2 - 1 == 3", yes, unknown},
		{"years_in_norway == 3", yes, unknown}, {"immigrated > 2016", yes, unknown},
		{"status == \"nedsatt_arbeidsevne\"", yes, unknown}, {"innsatsgruppe == \"spesielt_tilpasset\"", yes, unknown}, {"spell_months == 4", yes, unknown}, {"spell_months >= 5", no, unknown},
		{"year == 2020 and month == 3", yes, yes}, {"aar < 2020", no, no},
		{"months(sosialhjelp, 1, 12) == 6", yes, no}, {"months(sosialhjelp, 1, 100) == 7", yes, no}, {"months(sosialhjelp, 2, 2) == 1", yes, no}, {"months(aap, 1, 36) == 0", yes, yes},
		{"months(arbeid, 1, 14) == 4", yes, no}, {"wage(13, 14) == 10000", yes, no}, {"position(14, 14) == 50", yes, no},
		{"starts(\"A\", 1, 12) == 1", yes, no}, {"starts(\"B\", 1, 12) == 0", yes, yes}, {"starts(all, 1, 36) == 1", yes, no}, {"starts(\"A\", 1, 11) == 0", yes, yes},
		{"person.helse >= 3", yes, unknown}, {"person.helse in [1, 2]", no, unknown}, {"person.yrke == \"snekker\"", yes, unknown}, {"person.helse", yes, unknown}, {"person_historikk.introgram", yes, unknown}, {"not person_historikk.introgram", no, unknown},
		{"person.helse + 1 == 4", yes, unknown}, {"person.helse / 0 == 1", unknown, unknown},
		// Kleene
		{"false and age < 25", no, no}, {"age < 25 and false", no, no}, {"true and age < 25", yes, unknown}, {"true or age < 25", yes, yes}, {"age < 25 or true", yes, yes}, {"false or age < 25", yes, unknown},
		{"(age < 25) == (education <= 2)", yes, unknown}, {"not not (age < 25)", yes, unknown},
		// precedence: not over and over or; * over +; comparison under not
		{"true or true and false", yes, yes}, {"(true or true) and false", no, no}, {"not false and false", no, no}, {"not age > 30", yes, unknown}, {"1 + 2 * 3 == 7", yes, yes}, {"(1 + 2) * 3 == 9", yes, yes}, {"8 - 4 - 2 == 2", yes, yes}, {"8 / 4 / 2 == 1", yes, yes}, {"-2 + 3 == 1", yes, yes},
		{"limit == 30 and age < limit", yes, unknown}, {" age\t<\n25 ", yes, unknown},
	} {
		e, err := ParseExpression(c.text, 30)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := e.truth(a); got != c.known {
			t.Errorf("%s: of the known person %d, want %d", c.text, got, c.known)
		}
		if got := e.truth(b); got != c.un {
			t.Errorf("%s: of the stranger %d, want %d", c.text, got, c.un)
		}
	}
}

// What is wrong is said with the character where it stands, and what may be meant.
func TestExpressionErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "at character 1 of ``: a value is missing at the end",
		"agee < 25":                           "at character 1 of `agee < 25`: `agee` is no name of the language (did you mean `age`?)",
		"age < 25 and utdaning <= 2":          "character 14",
		"age = 25":                            "character 5 of `age = 25`: `=` compares nothing; write `==`",
		"age < ":                              "a value is missing at the end",
		"age < 25)":                           "`)` stands where the expression should end",
		"(age < 25":                           "`)` is missing before `the end`",
		"18 <= age < 30":                      "two comparisons stand in a row",
		"age":                                 "the expression is a number, and a group needs",
		"age < \"25\"":                        "character 5 of `age < \"25\"`: `<` compares a number with a text",
		"county < \"03\"":                     "`<` compares numbers, not texts",
		"county == \"03":                      "the text that begins here has no end",
		"sex == \"kvine\"":                    "`sex` is never \"kvine\" (did you mean `kvinne`?)",
		"\"ledige\" == status":                "`status` is never \"ledige\"",
		"origin in [\"eøs\"]":                 "`origin` is never",
		"age in [\"a\"]":                      "a list holds numbers",
		"age in []":                           "stands where a value is missing",
		"age in [1, 2":                        "`]` is missing",
		"age and true":                        "`and` takes what is true or false, and here it gets a number",
		"age + true > 2":                      "`+` takes numbers",
		"months(sosialhjlp, 1, 12) >= 6":      "`sosialhjlp` is no series of months (did you mean `sosialhjelp`?)",
		"months(sosialhjelp, 0, 12) >= 6":     "1 to 600: nothing of the month of the start itself",
		"months(sosialhjelp, 12, 1) >= 6":     "write the smaller number first",
		"months(sosialhjelp, 1.5, 12) > 6":    "is a number of months",
		"months(sosialhjelp, 1)":              "`,` is missing",
		"months >= 6":                         "`months` takes arguments: months(SERIES, FROM, TO)",
		"mnths(aap, 1, 2) > 1":                "`mnths` is no function (did you mean `months`?)",
		"starts(ARBTREN, 1, 2) > 1":           "in quotes",
		"helse.x == 1":                        "is no column; write `person.NAME`",
		"person.x == 1 and person.x == \"a\"": "used in two ways",
		"person.x == person.y":                "two columns of your own",
		"age < 25 && true":                    "write `and`, not `&`",
		"!true":                               "write `not`",
		"age < 25 § 2":                        "`§` means nothing here",
		"æ < 25 or age = 2":                   "`æ` is no name",
		"fylke == 03a":                        "a letter stands right after a number",
		"county == \"\"":                      "an empty text",
		"1..2 < 3":                            "is not a number",
		"and true":                            "`and` stands where a value is missing",
		strings.Repeat("(", 5000):             "too many expressions stand inside one another",
		strings.Repeat("not ", 5000):          "too many expressions",
		strings.Repeat("-", 5000) + "1":       "too many expressions",
	} {
		_, err := ParseExpression(text, 30)
		if err == nil || !strings.Contains(err.Error(), want) || fault.CodeOf(err) != "bad_expression" || fault.StatusOf(err) != fault.Usage {
			t.Errorf("%.40s: %v\nwant %s", text, err, want)
		}
	}
	if _, err := ParseExpression("age < limit", math.NaN()); err == nil || !strings.Contains(err.Error(), "`limit` is the limit of the group in the catalogue, and it has none") {
		t.Errorf("no limit: %v", err)
	}
	if _, err := ParseExpression("æøå == 1", 1); err == nil || !strings.Contains(err.Error(), "at character 1 ") {
		t.Errorf("characters: %v", err)
	}
	if _, err := ParseExpression("\"æøå\" = 1", 1); err == nil || !strings.Contains(err.Error(), "at character 7 ") {
		t.Errorf("characters, not bytes: %v", err)
	}
}

// No text makes the parser panic, and what parses can be evaluated of anybody; a complaint is one of the study.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"age < 25", "months(sosialhjelp, 1, 12) >= 6 and not (education <= 2)", "county in [\"03\", \"46\"] or person.x == 1", "starts(all, 1, 2) * -3 / 2 != limit", "((((", "'æ' == fylke", "not not not true == false", "1e9 < .5", "person_historikk.a.b"} {
		f.Add(s)
	}
	a, b := somebodyKnown()
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpression(text, 30)
		if err != nil {
			if fault.StatusOf(err) != fault.Usage {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, x := range []*moment{a, b} {
			if v := e.truth(x); v != yes && v != no && v != unknown {
				t.Fatalf("%q is %d", text, v)
			}
		}
	})
}

// Random expressions against an evaluation by the definition, written out beside them.
func TestExpressionsAgainstTheirTrees(t *testing.T) {
	a, b := somebodyKnown()
	r := rand.New(rand.NewPCG(5, 8))
	var truth func(depth int) (text string, of func(x *moment) int8)
	var number func(depth int) (text string, of func(x *moment) float64)
	number = func(depth int) (string, func(*moment) float64) {
		switch k := r.IntN(5); {
		case depth == 0 && k < 3:
			v := float64(r.IntN(5))
			return fmt.Sprint(v), func(*moment) float64 { return v }
		case depth == 0:
			return "education", func(x *moment) float64 {
				if x.person == 0 {
					return 2
				}
				return math.NaN()
			}
		default:
			l, f := number(depth - 1)
			m, g := number(depth - 1)
			switch k % 3 {
			case 0:
				return "(" + l + " + " + m + ")", func(x *moment) float64 { return f(x) + g(x) }
			case 1:
				return "(" + l + " - " + m + ")", func(x *moment) float64 { return f(x) - g(x) }
			}
			return "(" + l + " * " + m + ")", func(x *moment) float64 { return f(x) * g(x) }
		}
	}
	truth = func(depth int) (string, func(*moment) int8) {
		if depth == 0 {
			l, f := number(2)
			m, g := number(1)
			return l + " <= " + m, func(x *moment) int8 {
				u, v := f(x), g(x)
				if math.IsNaN(u) || math.IsNaN(v) {
					return unknown
				}
				return truthOf(u <= v)
			}
		}
		l, f := truth(depth - 1)
		m, g := truth(depth - 1)
		order := func(v int8) int { return map[int8]int{no: 0, unknown: 1, yes: 2}[v] }
		value := []int8{no, unknown, yes}
		switch r.IntN(3) {
		case 0:
			return "(" + l + ") and (" + m + ")", func(x *moment) int8 { return value[min(order(f(x)), order(g(x)))] }
		case 1:
			return "(" + l + ") or (" + m + ")", func(x *moment) int8 { return value[max(order(f(x)), order(g(x)))] }
		}
		return "not (" + l + ")", func(x *moment) int8 { return value[2-order(f(x))] }
	}
	seen := map[int8]int{}
	for range 2000 {
		text, of := truth(1 + r.IntN(4))
		e, err := ParseExpression(text, 0)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, x := range []*moment{a, b} {
			if got, want := e.truth(x), of(x); got != want {
				t.Fatalf("%s of person %d: %d, want %d", text, x.person, got, want)
			}
			seen[of(x)]++
		}
	}
	if seen[yes] < 200 || seen[no] < 200 || seen[unknown] < 200 {
		t.Errorf("the expressions tell little: %v", seen)
	}
}
