package outcome

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// flatG is a G of 600 kroner a year: 50 kroner a month. A full-time month of history pays 100 kroner.
func flatG(calendar.Month) float64 { return 600 }

func TestKindsClosedForms(t *testing.T) {
	g := Env{G: flatG}
	for _, c := range []struct {
		name   string
		spec   Spec
		env    Env
		months string // month 0 is the start month
		want   string
	}{
		{"subsidised work counts on all terms", Spec{Kind: Work, Terms: AllTerms}, Env{}, "0sf0", "110"},
		{"aareg_og_lonn takes all terms", Spec{Kind: EmployedAndPaid}, Env{}, "0s10", "110"},
		{"wage over G/12, not at it", Spec{Kind: WageOver}, g, "0456f", "0011"},
		{"wage over half of G/12", Spec{Kind: WageOver, TimesG: 0.5}, g, "0234s", "0110"},
		{"work without benefit", Spec{Kind: NoBenefit}, Env{}, "0fAau", "1000"},
		{"work without disability pension", Spec{Kind: NoBenefit, Benefits: []string{"ufore"}}, Env{}, "0fAau", "1100"},
		{"benefit", Spec{Kind: Benefit}, Env{}, "0fAau0", "01110"},
		{"one benefit", Spec{Kind: Benefit, Benefits: []string{"aap"}}, Env{}, "0fAau0", "01100"},
		{"the dead receive nothing", Spec{Kind: Benefit}, Env{}, "0adg", "10."},
		{"disability pension", Spec{Kind: Disability}, Env{}, "0auu", "011"},
		{"education", Spec{Kind: Education}, Env{}, "0ee0", "110"},
		// The mean G is 600, so 2 G are 1200 kroner: 12 full-time months are at it, not over.
		{"12 months at 2 G", Spec{Kind: TwoG}, g, "0ffffffffffff", "...........0"},
		{"12 months over 1.9 G", Spec{Kind: TwoG, TimesG: 1.9}, g, "0ffffffffffffff00", "...........11100"},
		{"the start month is not among the twelve", Spec{Kind: TwoG, TimesG: 1.95}, g, "f0fffffffffff", "...........0"},
		{"death in the year", Spec{Kind: TwoG, TimesG: 0.1}, g, "0ffffffffffffd", "...........10"},
		{"emigration in the year", Spec{Kind: TwoG, TimesG: 0.1}, g, "0ffffffffffffg", "...........1."},
		// Registered in months 0 and 1, not in 2 and 3: the exit is month 1; six months later is month 7.
		{"exit to work", Spec{Kind: ExitToWork}, Env{}, "rr00000f00", ".....0111"},
		{"exit to no work", Spec{Kind: ExitToWork}, Env{}, "rr0000f0ff", ".....0000"},
		{"exit to subsidised work", Spec{Kind: ExitToWork}, Env{}, "rr00000s", ".....01"},
		{"one month away is no exit", Spec{Kind: ExitToWork, After: 2}, Env{}, "r0rffff", ".00111"},
		{"death is no exit", Spec{Kind: ExitToWork, After: 2}, Env{}, "rddddd", ".0000"},
		{"never registered", Spec{Kind: ExitToWork, After: 2}, Env{}, "0fffff", ".0000"},
		{"held", Spec{Kind: JobHeld, After: 2}, Env{}, "00f0f0f00", "010100.."},
		{"held is not the same job", Spec{Kind: JobHeld, After: 1}, Env{}, "0f0f0f", "0101."},
		{"retention of the first job", Spec{Kind: Retention, After: 2}, Env{}, "00f0f000", "01111.."},
		{"no retention of the first job", Spec{Kind: Retention, After: 1}, Env{}, "00f0ffff", "000000."},
		{"retention of those with a job", Spec{Kind: Retention, After: 1, Conditional: true}, Env{}, "00ff00", ".111."},
		{"retention and death", Spec{Kind: Retention, After: 2}, Env{}, "0fdddd", "000.."},
		{"retention and emigration", Spec{Kind: Retention, After: 2}, Env{}, "0fffggg", "1....."},
	} {
		d := compile(t, c.spec, c.env)
		if got := show(d.Follow(history(c.months), january, len(c.months)-1, nil)); got != c.want {
			t.Errorf("%s: %s gives %s, want %s", c.name, c.months, got, c.want)
		}
	}
	if _, err := (Spec{ID: "a", Kind: TwoG}).Compile(Env{}); err == nil {
		t.Error("ssb_2g without G was accepted")
	}
}

func TestDecemberIsTheYear(t *testing.T) {
	// G changes in May: the mean of 2020 is (4 · 600 + 8 · 900) / 12 = 800. 2 G are 1600 kroner, 12 × 134 = 1608.
	env := Env{G: func(m calendar.Month) float64 {
		if m.Number() < 5 {
			return 600
		}
		return 900
	}}
	h := history("ffffffffffff")
	for i := range h.Wage {
		h.Wage[i] = 13400
	}
	d := compile(t, Spec{Kind: TwoG}, env)
	if got := show(d.Series(h, nil)); got != "...........1" {
		t.Errorf("got %s", got)
	}
	h.Wage[3] = 12500 // 1599 kroner
	if got := show(d.Series(h, nil)); got != "...........0" {
		t.Errorf("got %s", got)
	}
}

// literal reads the definitions of outcomes that look at several months, one month at a time, on histories without exits.
func literal(d *Definition, h register.History, start calendar.Month, at int) float64 {
	last := h.First + calendar.Month(len(h.State)) - 1
	if at < d.FirstMonth() || start+calendar.Month(d.MinFollowUp(at)) > last {
		return math.NaN()
	}
	k := func(i int) int { return int(start-h.First) + i }
	job := func(i int) bool { return h.Ordinary[k(i)] >= 100 }
	paid := func(i int) bool { return h.Position[k(i)] > 0 && h.Wage[k(i)] > 0 }
	registered := func(i int) bool { return h.State[k(i)]&register.Registered != 0 }
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	first := 1
	for first <= at && !job(first) {
		first++
	}
	switch d.Spec.Kind {
	case JobHeld:
		return truth(first <= at && job(at+d.Spec.After))
	case Retention:
		if first > at && d.Spec.Conditional {
			return math.NaN()
		}
		return truth(first <= at && job(first+d.Spec.After))
	case ExitToWork:
		for e := 0; e+d.Spec.After <= at; e++ {
			if registered(e) && !registered(e+1) && !registered(e+2) {
				return truth(paid(e + d.Spec.After))
			}
		}
		return 0
	default: // TwoG
		sum := 0.0
		for i := at - 11; i <= at; i++ {
			sum += float64(h.Wage[k(i)]) / 100
		}
		return truth(sum > d.Spec.TimesG*600)
	}
}

func TestKindsAgainstLiteral(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		n := 2 + r.IntN(40)
		text := make([]byte, n)
		for i := range text {
			text[i] = "00rrr159ffsaA"[r.IntN(13)]
			if i > 0 && r.IntN(2) == 0 {
				text[i] = text[i-1]
			}
		}
		h := history(string(text))
		s := Spec{Kind: []Kind{JobHeld, Retention, ExitToWork, TwoG}[r.IntN(4)]}
		switch s.Kind {
		case TwoG:
			s.TimesG = 0.1 + 2*r.Float64()
		case Retention:
			s.Conditional = r.IntN(2) == 0
			fallthrough
		default:
			s.After = 2 + r.IntN(8)
		}
		d := compile(t, s, Env{G: flatG})
		start := january + calendar.Month(r.IntN(n))
		for i, got := range d.Follow(h, start, n, nil) {
			if want := literal(d, h, start, i+1); got != want && (got == got || want == want) {
				t.Fatalf("%+v of %s from %v, h = %d: got %v, want %v", d.Spec, text, start, i+1, got, want)
			}
		}
	}
}

func TestEvent(t *testing.T) {
	for _, c := range []struct {
		name      string
		spec      Spec
		env       Env
		months    string
		horizon   int
		competing register.State
		month     int
		how       Ended
	}{
		{"reached", Spec{Kind: Work}, Env{}, "00ff", 3, 0, 2, Reached},
		{"horizon", Spec{Kind: Work}, Env{}, "0000f", 3, 0, 3, Censored},
		{"end of the history", Spec{Kind: Work}, Env{}, "0000", 9, 0, 3, Censored},
		{"cut", Spec{Kind: Work}, Env{Cut: january + 2}, "0000ff", 9, 0, 2, Censored},
		{"death", Spec{Kind: Work}, Env{}, "00dd", 9, 0, 2, Died},
		{"emigration", Spec{Kind: Work}, Env{}, "00gg", 9, 0, 2, Emigrated},
		{"disability pension", Spec{Kind: Work}, Env{}, "00uf", 3, register.Ufore, 2, OnUfore},
		{"disability pension that does not compete", Spec{Kind: Work}, Env{}, "00uf", 3, register.Studying, 3, Reached},
		{"education", Spec{Kind: Work}, Env{}, "00ef", 3, register.Studying | register.Ufore, 2, InEducation},
		{"status at the end of its window", Spec{Kind: StableWork, Months: 3}, Env{}, "0fff", 3, 0, 3, Reached},
		{"death before the first window", Spec{Kind: StableWork, Months: 3}, Env{}, "0fddd", 4, 0, 2, Died},
		{"history shorter than the window", Spec{Kind: StableWork, Months: 3}, Env{}, "0ff", 4, 0, 2, Censored},
		{"entered at its first month", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "00fff", 3, 0, 2, Reached},
		{"entered looks ahead", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "0000ff", 9, 0, 3, Censored},
		{"entered and emigration", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "00000ggg", 7, 0, 5, Emigrated},
		{"entered and death", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "00ffdddd", 7, 0, 4, Died},
	} {
		d := compile(t, c.spec, c.env)
		if month, how := d.Event(history(c.months), january, c.horizon, c.competing); month != c.month || how != c.how {
			t.Errorf("%s: %s ends at %d (%v), want %d (%v)", c.name, c.months, month, how, c.month, c.how)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an event of earnings did not panic")
		}
	}()
	compile(t, Spec{Kind: Earnings}, Env{}).Event(history("0"), january, 1, 0)
}

// Every kind documents its source, compiles with its defaults alone and is null in the same months for everyone who
// stays: nothing but exits and conditioning makes a value missing.
func TestEveryKind(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	env := Env{G: flatG, Deflate: func(int) (func(calendar.Month) float64, error) { return flatG, nil }}
	for _, name := range Kinds() {
		kind := Kind(name)
		if kind.Source() == "" {
			t.Errorf("%s has no source", kind)
		}
		d := compile(t, Spec{Kind: kind}, env)
		for range 50 {
			text := make([]byte, 60)
			for i := range text {
				text[i] = "0r5fsaAued"[r.IntN(9)]
			}
			h := history(string(text))
			for i, v := range d.Follow(h, january+1, 60, nil) {
				at := i + 1
				if missing := at < d.FirstMonth() || 1+d.MinFollowUp(at) >= 60; (v != v) != missing {
					t.Fatalf("%s at %d: %v", kind, at, v)
				} else if !missing && d.Binary() && v != 0 && v != 1 {
					t.Fatalf("%s at %d: %v", kind, at, v)
				}
			}
			series := d.Series(h, nil)
			for k, v := range series {
				if v == v && !d.HasSeries() {
					t.Fatalf("%s has a series at %d", kind, k)
				}
			}
		}
	}
}

func TestDescriptive(t *testing.T) {
	if compile(t, Spec{Kind: Retention}, Env{}).Descriptive() || !compile(t, Spec{Kind: Retention, Conditional: true}, Env{}).Descriptive() {
		t.Error("only what looks at those with work alone is descriptive")
	}
	for ended, want := range map[Ended]string{Censored: "censored", Reached: "event", Died: "dod", Emigrated: "utvandret", OnUfore: "ufore", InEducation: "utdanning", 9: "Ended(9)"} {
		if ended.String() != want {
			t.Errorf("%d is %s", ended, ended)
		}
	}
}
