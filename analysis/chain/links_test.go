package chain

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// written shows the chains of person 0: chains apart by |, links by >, with the gap.
func written(c *Chains) string {
	var out []string
	for i := range c.Chains {
		var links []string
		for j, l := range c.Of(i) {
			s := l.Set.Name(c.Alphabet.Names)
			if j > 0 {
				s = fmt.Sprintf("(%d) %s", l.Gap, s)
			}
			links = append(links, s)
		}
		out = append(out, strings.Join(links, " > "))
	}
	return strings.Join(out, " | ")
}

// Each case is the rule of the doc comment read by hand.
func TestRule(t *testing.T) {
	next := DefaultRule()
	next.Switch = Next
	long := DefaultRule()
	long.MinLength = Days(30)
	family := DefaultRule()
	family.By = ByFamily
	strict := DefaultRule()
	strict.Gap, strict.Overlap = Days(1), Days(0)
	for _, c := range []struct {
		name  string
		rule  Rule
		parts []register.Participation
		want  string
	}{
		{"the day after", strict, []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(1, "2018-02-01", "2018-02-28")}, "A > (0) B"},
		{"two days after", strict, []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(1, "2018-02-02", "2018-02-28")}, "A | B"},
		{"last day of the gap", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-11-30"), part(1, "2019-02-28", "2019-03-01")}, "A > (89) B"},
		{"a day too late", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-11-30"), part(1, "2019-03-01", "2019-03-02")}, "A | B"},
		{"thirty days of overlap follow", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-03-30"), part(1, "2018-03-01", "2018-06-30")}, "A > (-30) B"},
		{"thirty-one combine", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-03-31"), part(1, "2018-03-01", "2018-06-30")}, "A+B"},
		{"thirty-one, the later takes over", next, []register.Participation{part(0, "2018-01-01", "2018-03-31"), part(1, "2018-03-01", "2018-06-30")}, "A > (0) B"},
		{"one inside the other", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-12-31"), part(1, "2018-03-01", "2018-03-10")}, "A+B"},
		{"beside it from the first day", next, []register.Participation{part(0, "2018-01-01", "2018-12-31"), part(1, "2018-01-01", "2018-12-31")}, "A > (-1) B"},
		{"no overlap allowed", strict, []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(1, "2018-01-31", "2018-02-28")}, "A+B"},
		{"a return is a link of its own", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(0, "2018-03-01", "2018-04-01")}, "A > (28) A"},
		{"too short", long, []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(1, "2018-02-01", "2018-02-28"), part(2, "2018-03-01", "2018-05-01")}, "A > (28) C"},
		{"long enough to the day", long, []register.Participation{part(0, "2018-01-01", "2018-01-30")}, "A"},
		{"open ones are never too short", long, []register.Participation{part(0, "2022-12-20", "")}, "A"},
		{"the end of a combination counts", DefaultRule(), []register.Participation{part(0, "2018-01-01", "2018-12-31"), part(1, "2018-02-01", "2018-03-01"), part(2, "2019-02-01", "2019-05-01")}, "A+B > (31) C"},
		{"a family adjoins itself", family, []register.Participation{part(0, "2018-01-01", "2018-01-31"), part(1, "2018-02-01", "2018-02-28"), part(2, "2018-03-01", "2018-05-01")}, "ab > (0) c"},
	} {
		var of func(string) string
		if c.rule.By == ByFamily {
			of = func(code string) string { return map[string]string{"A": "ab", "B": "ab", "C": "c"}[code] }
		}
		reg := made([]string{"A", "B", "C"}, 1, c.parts)
		got, err := Build(t.Context(), reg, NewAlphabet(reg.Tiltak, of), c.rule, 1)
		if err != nil {
			t.Fatal(err)
		}
		if s := written(got); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// What the rule says of chains as a whole, on random registers: every participation that is long enough lies within a link
// that names it, links come in order and overlap no longer than they may, and links of a chain are within the gap and
// chains beyond it.
func TestRuleHoldsOnRandomRegisters(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	combined, several := 0, 0
	for range 200 {
		reg := randomRegister(rng, 50)
		rule := Rule{Gap: Days(rng.IntN(90)), Overlap: Days(rng.IntN(40)), MinLength: Days(rng.IntN(30)), Switch: Combine, By: ByTiltak, Window: 12}
		c, err := Build(t.Context(), reg, NewAlphabet(reg.Tiltak, nil), rule, 1)
		if err != nil {
			t.Fatal(err)
		}
		byPerson := map[int32][]int{}
		for i := range c.Chains {
			byPerson[c.Chains[i].Person] = append(byPerson[c.Chains[i].Person], i)
		}
		short := 0
		for i := range reg.Participations {
			p := &reg.Participations[i]
			end := min(p.End, reg.Cut.Last())
			if p.End != calendar.Open && int(end-p.Start)+1 < rule.MinLength.N {
				short++
				continue
			}
			in := 0
			for _, k := range byPerson[p.Person] {
				for _, l := range c.Of(k) {
					if l.Start <= p.Start && end <= l.End && l.Set.Has(p.Tiltak) {
						in++
					}
				}
			}
			if in != 1 {
				t.Fatalf("participation %+v lies in %d links", p, in)
			}
		}
		if short != c.Short {
			t.Fatalf("%d short ones, want %d", c.Short, short)
		}
		for person, chains := range byPerson {
			var before *Link
			for _, k := range chains {
				for j, l := range c.Of(k) {
					if l.Set.Size() > 1 {
						combined++
					}
					if before != nil {
						gap := int(l.Start - before.End) // first day less last day
						switch {
						case l.Start < before.Start || l.End <= before.End:
							t.Fatalf("person %d: links out of order: %+v, %+v", person, *before, l)
						case -gap+1 > rule.Overlap.N:
							t.Fatalf("person %d: an overlap of %d days", person, -gap+1)
						case j > 0 && gap > rule.Gap.N, j == 0 && gap <= rule.Gap.N:
							t.Fatalf("person %d: link %d begins %d days after the one before, the gap is %d", person, j, gap, rule.Gap.N)
						}
						if j > 0 {
							several++
							if int(l.Gap) != gap-1 {
								t.Fatalf("gap %d, want %d", l.Gap, gap-1)
							}
						}
					}
					before = &c.Of(k)[j]
				}
			}
		}
	}
	if combined < 500 || several < 500 {
		t.Errorf("%d combinations and %d later links: the test tests little", combined, several)
	}
}

func TestChainsDoNotDependOnWorkers(t *testing.T) {
	reg := randomRegister(rand.New(rand.NewPCG(2, 1)), 10000)
	a := NewAlphabet(reg.Tiltak, nil)
	one, err := Build(t.Context(), reg, a, DefaultRule(), 1)
	if err != nil {
		t.Fatal(err)
	}
	three, err := Build(t.Context(), reg, a, DefaultRule(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one, three) {
		t.Error("one worker and three make different chains")
	}
}

// Exits of one person with a link that ends in March 2018 and a window of six months.
func TestExits(t *testing.T) {
	type month struct {
		m        int // months after March
		state    register.State
		position uint16
	}
	rule := Rule{Gap: Months(1), Overlap: Days(0), MinLength: Days(1), Switch: Combine, By: ByTiltak, Window: 6}
	for _, c := range []struct {
		name   string
		end    string
		more   []register.Participation
		months []month
		want   Exit
		at     int
	}{
		{"nothing at all", "2018-03-10", nil, nil, ToOther, 6},
		{"registered to the end", "2018-03-10", nil, []month{{6, register.Registered, 0}}, ToRegistered, 6},
		{"registered, but not at the end", "2018-03-10", nil, []month{{5, register.Registered, 0}}, ToOther, 6},
		{"work in the month of the end does not count", "2018-03-10", nil, []month{{0, 0, 10000}}, ToOther, 6},
		{"work, then education", "2018-03-10", nil, []month{{3, 0, 5000}, {5, register.Studying, 0}}, ToWork, 3},
		{"under one per cent of full time", "2018-03-10", nil, []month{{3, 0, 99}}, ToOther, 6},
		{"disability pension before work in a month", "2018-03-10", nil, []month{{2, register.Ufore, 5000}}, ToUfore, 2},
		{"death before all", "2018-03-10", nil, []month{{2, register.Dead | register.Ufore, 5000}}, ToGone, 2},
		{"work after the window", "2018-03-10", nil, []month{{7, 0, 5000}}, ToOther, 6},
		{"the next link", "2018-03-10", []register.Participation{part(1, "2018-04-10", "2018-05-10")}, []month{{1, 0, 5000}}, ToLink, 0},
		{"again after the gap", "2018-03-10", []register.Participation{part(1, "2018-05-10", "2018-06-10")}, []month{{3, 0, 5000}}, ToReentry, 2},
		{"work before the start again", "2018-03-10", []register.Participation{part(1, "2018-05-10", "2018-06-10")}, []month{{1, 0, 5000}}, ToWork, 1},
		{"open", "", nil, nil, ToEnd, 0},
		{"followed to the last month", "2022-06-30", nil, nil, ToOther, 6},
		{"a month short", "2022-07-01", nil, []month{{53, 0, 5000}}, ToEnd, 0},
	} {
		parts := append([]register.Participation{part(0, "2018-01-10", c.end)}, c.more...)
		reg := made([]string{"A", "B"}, 1, parts)
		for _, m := range c.months {
			i := 2 + m.m
			reg.Panel.State[i] |= m.state
			reg.Panel.Ordinary[i] = m.position
		}
		got, err := Build(t.Context(), reg, NewAlphabet(reg.Tiltak, nil), rule, 1)
		if err != nil {
			t.Fatal(err)
		}
		if exit, at, known := got.After(reg, 0, 0); exit != c.want || at != c.at || known == (exit == ToEnd) {
			t.Errorf("%s: %s after %d months, want %s after %d", c.name, ExitNames[exit], at, ExitNames[c.want], c.at)
		}
	}
}

func TestStatesOfMonths(t *testing.T) {
	reg := made([]string{"A", "B"}, 1, []register.Participation{part(0, "2018-01-31", "2018-03-01"), part(1, "2018-03-31", "2018-05-01")})
	s, w := reg.Panel.State, reg.Panel.Ordinary
	w[0], w[5], w[6], s[6], s[7], s[8] = 10000, 5000, 0, register.Studying|register.Ufore, register.Ufore|register.AAP, register.AAP
	s[10] = register.Dead | register.InTiltak
	a := NewAlphabet(reg.Tiltak, nil)
	got := make([]uint8, 11)
	a.Months(reg, 0, first, got)
	names := a.States()
	want := "A A combination B B work education ufore registered other dead_or_emigrated"
	var words []string
	for _, v := range got {
		words = append(words, names[v])
	}
	if s := strings.Join(words, " "); s != want {
		t.Errorf("states %s\nwant   %s", s, want)
	}
}

func TestSpans(t *testing.T) {
	day, _ := calendar.ParseDate("2019-01-31")
	for text, want := range map[string]string{"1 month": "2019-02-28", "30 days": "2019-03-02", "3": "2019-04-30", "2 måneder": "2019-03-31", "1 dag": "2019-02-01"} {
		var s Span
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := s.From(day).String(); got != want {
			t.Errorf("%s from %s is %s, want %s", text, day, got, want)
		}
		b, _ := s.MarshalText()
		var again Span
		if err := again.UnmarshalText(b); err != nil || again != s {
			t.Errorf("%s is written %s and read %v", text, b, again)
		}
	}
	for _, text := range []string{"", "three months", "-1", "3 weeks", "1.5 months"} {
		if err := new(Span).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as a span", text)
		}
	}
}

func TestBadRules(t *testing.T) {
	for _, change := range []func(*Rule){
		func(r *Rule) { r.Switch = "parallel" }, func(r *Rule) { r.By = "code" }, func(r *Rule) { r.Window = 0 },
		func(r *Rule) { r.Gap = Months(13) }, func(r *Rule) { r.Gap, r.Window = Months(61), 120 }, func(r *Rule) { r.MinLength = Months(61) },
	} {
		r := DefaultRule()
		change(&r)
		if err := r.Validate(); err == nil {
			t.Errorf("%+v is a rule", r)
		}
	}
}
