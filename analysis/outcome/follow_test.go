package outcome

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

var january = calendar.NewMonth(2020, 1)

// history is a history that begins in January 2020: '0'–'9' is an ordinary position of 10 × the digit percent, 'f' full
// time, 's' a subsidised full-time job, 'd' dead, 'g' emigrated, 'r' registered, 'a' AAP, 'A' AAP and full time, 'u'
// disability pension, 'e' in education. The wage is 100 øre a percent of position.
func history(text string) register.History {
	h := register.History{First: january}
	for _, c := range text {
		var total, ordinary uint16
		var state register.State
		switch c {
		case 'f':
			total, ordinary = 10000, 10000
		case 's':
			total, state = 10000, register.TiltakWage
		case 'd':
			state = register.Dead
		case 'g':
			state = register.Gone
		case 'r':
			state = register.Registered
		case 'a':
			state = register.AAP
		case 'A': // full time and AAP
			total, ordinary, state = 10000, 10000, register.AAP
		case 'u':
			state = register.Ufore
		case 'e':
			state = register.Studying
		default:
			total = 1000 * uint16(c-'0')
			ordinary = total
		}
		h.Position = append(h.Position, total)
		h.Ordinary = append(h.Ordinary, ordinary)
		h.Wage = append(h.Wage, int32(total))
		h.OrdinaryWage = append(h.OrdinaryWage, int32(ordinary))
		h.State = append(h.State, state)
	}
	return h
}

// show writes 0 and 1, '.' for NaN.
func show(values []float64) string {
	s := ""
	for _, v := range values {
		switch v {
		case 0, 1:
			s += fmt.Sprint(v)
		default:
			if v == v {
				panic(v)
			}
			s += "."
		}
	}
	return s
}

func compile(t testing.TB, s Spec, env Env) *Definition {
	t.Helper()
	s.ID = "y"
	d, err := s.Compile(env)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFollowClosedForms(t *testing.T) {
	for _, c := range []struct {
		name   string
		spec   Spec
		env    Env
		months string // month 0 is the start month
		want   string // h = 1, 2, …
	}{
		{"any job", Spec{Kind: Work}, Env{}, "f0150s", "01100"},
		{"half time", Spec{Kind: Work, Position: 50}, Env{}, "04569s", "01110"},
		{"months before the start do not count", Spec{Kind: StableWork, Months: 3}, Env{}, "fffff", "..11"},
		{"all of 3", Spec{Kind: StableWork, Months: 3}, Env{}, "0fff0fff", "..10001"},
		{"2 of 3", Spec{Kind: StableWork, Months: 2, Of: 3}, Env{}, "0ff00ff0", "..10011"},
		{"4 of 6, no limit", Spec{Kind: StableWork, Months: 4, Of: 6}, Env{}, "0ff00ff", ".....1"},
		{"4 of 6, gap 1", Spec{Kind: StableWork, Months: 4, Of: 6, Gap: intp(1)}, Env{}, "0ff00fff0ff", ".....00011"},
		{"a gap at the edge is a gap", Spec{Kind: StableWork, Months: 2, Of: 4, Gap: intp(1)}, Env{}, "0ff00", "...0"},
		{"subsidised months are not work", Spec{Kind: StableWork, Months: 3}, Env{}, "0ssffff", "..0011"},
		{"entered", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "00fff0000", "011111.."},
		{"entered begins in work", Spec{Kind: StableWork, Months: 2, Of: 3, Mode: Entered}, Env{}, "00ff000", "0111.."},
		{"a run that began before the start counts from the start", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "ffff0000", "11111.."},
		{"dead is no work", Spec{Kind: Work}, Env{}, "0ffdd", "1100"},
		{"dead has no status", Spec{Kind: StableWork, Months: 2, Of: 3}, Env{}, "0fffdd", "..100"},
		{"dead after entering", Spec{Kind: StableWork, Months: 2, Mode: Entered}, Env{}, "0ffddd", "1111."},
		{"dead before entering", Spec{Kind: StableWork, Months: 3, Mode: Entered}, Env{}, "0ffddd", "000.."},
		{"death censors on request", Spec{Kind: Work}, Env{Death: Censor}, "0ffdd", "11.."},
		{"gone is unknown", Spec{Kind: Work}, Env{}, "0fggg", "1..."},
		{"gone within the window of entering", Spec{Kind: StableWork, Months: 2, Mode: Entered}, Env{}, "0fffggg", "11...."},
		{"gone as zero on request", Spec{Kind: Work}, Env{Emigration: Zero}, "0fggg", "1000"},
		{"the cut", Spec{Kind: Work}, Env{Cut: january + 2}, "0ffff", "11.."},
		{"the cut and entering", Spec{Kind: StableWork, Months: 2, Mode: Entered}, Env{Cut: january + 3}, "0ffff", "11.."},
	} {
		d := compile(t, c.spec, c.env)
		if got := show(d.Follow(history(c.months), january, len(c.months)-1, nil)); got != c.want {
			t.Errorf("%s: %s gives %s, want %s", c.name, c.months[1:], got, c.want)
		}
	}
}

func TestSeriesClosedForms(t *testing.T) {
	for _, c := range []struct {
		spec         Spec
		months, want string
	}{
		{Spec{Kind: Work}, "f0150s", "101100"},
		{Spec{Kind: StableWork, Months: 3}, "fff0fff", "..10001"},
		{Spec{Kind: StableWork, Months: 2, Mode: Entered}, "ff0fff", "10011."},
	} {
		if got := show(compile(t, c.spec, Env{}).Series(history(c.months), nil)); got != c.want {
			t.Errorf("%v of %s gives %s, want %s", c.spec.Kind, c.months, got, c.want)
		}
	}
}

// reference is the definition read literally, one window at a time.
func reference(s Spec, env Env, h register.History, start calendar.Month, at int) float64 {
	unknown := func(m calendar.Month) bool {
		k := int(m - h.First)
		return k < 0 || k >= len(h.State) || (env.Cut != 0 && m > env.Cut) || h.State[k]&register.Gone != 0
	}
	gone := func(m calendar.Month) bool { return h.State[m-h.First]&register.Dead != 0 }
	work := func(m calendar.Month) bool {
		return !gone(m) && float64(h.Ordinary[m-h.First])/100 >= s.Position
	}
	stable := func(from calendar.Month) bool {
		ones, longest := 0, 0
		for i := range s.Of {
			if work(from + calendar.Month(i)) {
				ones++
			}
			for n := 1; i+n <= s.Of; n++ {
				none := true
				for j := i; j < i+n; j++ {
					none = none && !work(from+calendar.Month(j))
				}
				if none {
					longest = max(longest, n)
				}
			}
		}
		return ones >= s.Months && longest <= *s.Gap
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	m := start + calendar.Month(at)
	switch {
	case s.Kind == Work:
		if unknown(m) {
			return math.NaN()
		}
		return truth(work(m))
	case s.Mode == Status:
		if at < s.Of {
			return math.NaN()
		}
		from := m - calendar.Month(s.Of) + 1
		for i := range s.Of {
			if unknown(from + calendar.Month(i)) {
				return math.NaN()
			}
		}
		return truth(stable(from) && !gone(m))
	default:
		for i := 1; i < at+s.Of; i++ {
			if unknown(start + calendar.Month(i)) {
				return math.NaN()
			}
		}
		for i := 1; i <= at; i++ {
			if work(start+calendar.Month(i)) && stable(start+calendar.Month(i)) {
				return 1
			}
		}
		return 0
	}
}

func TestFollowAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 4000 {
		n := 1 + r.IntN(40)
		text := make([]byte, n)
		left := byte(0)
		for i := range text {
			if left == 0 && r.IntN(60) == 0 {
				left = "dg"[r.IntN(2)]
			}
			text[i] = "0000569fffffs"[r.IntN(13)]
			if left != 0 {
				text[i] = left
			}
		}
		h := history(string(text))
		s := Spec{Kind: []Kind{Work, StableWork, StableWork}[r.IntN(3)], Position: []float64{1, 50, 60, 100}[r.IntN(4)]}
		if s.Kind == StableWork {
			s.Of = 1 + r.IntN(8)
			s.Months = 1 + r.IntN(s.Of)
			if s.Months == s.Of || r.IntN(2) == 0 {
				s.Gap = intp(r.IntN(3))
				if *s.Gap == 0 {
					s.Months = s.Of
				}
			}
			s.Mode = []Mode{Status, Entered}[r.IntN(2)]
		}
		env := Env{}
		if r.IntN(2) == 0 {
			env.Cut = january + calendar.Month(r.IntN(n))
		}
		d := compile(t, s, env)
		start := january + calendar.Month(r.IntN(n)) - 2
		horizon := 1 + r.IntN(n)
		got := d.Follow(h, start, horizon, nil)
		for i := range got {
			want := reference(d.Spec, env, h, start, i+1)
			if got[i] != want && (got[i] == got[i] || want == want) {
				t.Fatalf("%+v of %s from %v, h = %d: got %v, want %v", s, text, start, i+1, got[i], want)
			}
		}
		// One status a calendar month: the same from any start whose window lies after it.
		if s.Kind == Work || s.Mode == Status {
			series := d.Series(h, nil)
			for i := range got {
				k := int(start-january) + i + 1
				if k < 0 || k >= n || i+1 < d.FirstMonth() {
					continue
				}
				if got[i] != series[k] && (got[i] == got[i] || series[k] == series[k]) && k-d.of+1 >= 0 {
					t.Fatalf("%+v of %s: h = %d gives %v, month %d of the series %v", s, text, i+1, got[i], k, series[k])
				}
			}
		}
		// What a follow-up of MinFollowUp months sees is never missing for want of months.
		for i := range got {
			inside := start >= january && int(start-january)+d.MinFollowUp(i+1) < n && (env.Cut == 0 || start+calendar.Month(d.MinFollowUp(i+1)) <= env.Cut)
			if inside && left != 'g' && i+1 >= d.FirstMonth() && got[i] != got[i] {
				t.Fatalf("%+v of %s from %v: h = %d is missing", s, text, start, i+1)
			}
		}
	}
}

func TestEarnings(t *testing.T) {
	h := history("5f0sdd")
	// Prices double in March: a krone of January or February is worth two of the price year.
	env := Env{Cut: january + 11, Deflate: func(year int) (func(calendar.Month) float64, error) {
		if year != 2020 {
			t.Errorf("price year %d", year)
		}
		return func(m calendar.Month) float64 {
			if m < january+2 {
				return 2
			}
			return 1
		}, nil
	}}
	d := compile(t, Spec{Kind: Earnings}, env)
	if d.PriceYear != 2020 || d.Binary() || d.FirstMonth() != 1 || d.MinFollowUp(7) != 7 {
		t.Errorf("%+v", d)
	}
	want := []float64{100, 200, 0, 0, 0, 0} // the wage is 100 øre a percent of position: 50 kr, 100 kr, …
	for i, v := range d.Series(h, nil) {
		if v != want[i] {
			t.Errorf("month %d: %v, want %v", i, v, want[i])
		}
	}
	if got := d.Follow(h, january, 1, make([]float64, 9)); len(got) != 1 || got[0] != 200 {
		t.Errorf("follow: %v", got)
	}
	if _, err := (Spec{ID: "a", Kind: Earnings, PriceYear: 2024}).Compile(Env{}); err == nil {
		t.Error("a price year without an index was accepted")
	}
	nominal := compile(t, Spec{Kind: Earnings}, Env{})
	if v := nominal.Follow(h, january, 1, nil)[0]; v != 100 || nominal.PriceYear != 0 {
		t.Errorf("current kroner: %v", v)
	}
}

func TestFollowDoesNotAllocate(t *testing.T) {
	h := history("0ff00fff0fffffff0000fffffffffffffffffff")
	dst := make([]float64, 36)
	for _, mode := range []Mode{Status, Entered} {
		d := compile(t, Spec{Kind: StableWork, Mode: mode}, Env{})
		if n := testing.AllocsPerRun(10, func() { d.Follow(h, january, 36, dst) }); n != 0 {
			t.Errorf("%s: %v allocations", mode, n)
		}
	}
}

func BenchmarkFollow(b *testing.B) {
	h := history("0ff00fff0fffffff0000fffffffffffffffffff")
	dst := make([]float64, 36)
	for _, mode := range []Mode{Status, Entered} {
		d := compile(b, Spec{Kind: StableWork, Mode: mode}, Env{})
		b.Run(string(mode)+"/horizon=36", func(b *testing.B) {
			for b.Loop() {
				d.Follow(h, january, 36, dst)
			}
		})
	}
}

// Some months alone are those of the whole series, wherever they lie: windows that reach out of them, and months outside the
// history, after the cut and after an exit among them.
func TestBetweenIsSeries(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 5))
	kinds := Kinds()
	seen := map[Kind]int{}
	for range 4000 {
		text := make([]byte, 3+r.IntN(50))
		for i := range text {
			text[i] = "000rr159ffsaAue"[r.IntN(15)]
			if i > 0 && r.IntN(3) > 0 {
				text[i] = text[i-1]
			}
		}
		if r.IntN(3) == 0 {
			for i := r.IntN(len(text)); i < len(text); i++ {
				text[i] = "gd"[len(text)%2]
			}
		}
		h := history(string(text))
		s := Spec{ID: "x", Kind: Kind(kinds[r.IntN(len(kinds))])}
		if s.Kind == StableWork {
			s.Of = 1 + r.IntN(8)
			s.Months = 1 + r.IntN(s.Of)
			s.Mode = []Mode{Status, Entered}[r.IntN(2)]
		}
		env := Env{G: flatG, Deflate: func(int) (func(calendar.Month) float64, error) { return flatG, nil }, Death: []Exit{Zero, Censor}[r.IntN(2)], Emigration: []Exit{Zero, Censor}[r.IntN(2)]}
		if r.IntN(2) == 0 {
			env.Cut = january + calendar.Month(r.IntN(len(text)))
		}
		d, err := s.Compile(env)
		if err != nil {
			t.Fatal(err)
		}
		from, n := january+calendar.Month(r.IntN(len(text)+20)-10), 1+r.IntN(14)
		series := d.Series(h, nil)
		for i, got := range d.Between(h, from, n, nil) {
			want := math.NaN()
			if k := int(from-h.First) + i; k >= 0 && k < len(series) {
				want = series[k]
			}
			if got != want && (got == got || want == want) {
				t.Fatalf("%+v of %s: %d months from %v, number %d: got %v, want %v", d.Spec, text, n, from, i, got, want)
			}
			if want == want {
				seen[s.Kind]++
			}
		}
	}
	for _, k := range []Kind{Work, StableWork, Earnings, TwoG} {
		if seen[k] < 100 {
			t.Errorf("%s was compared %d times", k, seen[k])
		}
	}
}
