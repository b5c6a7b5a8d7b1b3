package duration

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func durdata(t testing.TB) TimingInput {
	c := oracle.CSV(t, "durmod_durdata/data.csv")
	n := len(c["id"])
	in := TimingInput{Person: make([]int32, n), Start: make([]float64, n), Stop: make([]float64, n), Event: make([]int32, n), States: []string{"job", "program"}, Entry: 2, Program: make([]int32, n)}
	id, length, alpha := floats(t, c, "id"), floats(t, c, "duration"), floats(t, c, "alpha")
	number := map[float64]int32{}
	clock := map[float64]float64{}
	for i := range n {
		if _, ok := number[id[i]]; !ok {
			number[id[i]] = int32(len(number))
		}
		in.Person[i] = number[id[i]]
		in.Start[i] = clock[id[i]]
		clock[id[i]] += length[i]
		in.Stop[i] = clock[id[i]]
		in.Program[i] = int32(alpha[i])
		switch c["d"][i] {
		case "job":
			in.Event[i] = 1
		case "program":
			in.Event[i] = 2
		}
	}
	in.Persons = len(number)
	in.X = Covariates{Names: []string{"x1", "x2"}, Columns: [][]float64{floats(t, c, "x1"), floats(t, c, "x2")}}
	return in
}

// The likelihood at the values that durmod ships.
func TestTimingLikelihoodAtPublishedValues(t *testing.T) {
	in := durdata(t)
	d := newTimingData(&in, false, 1)
	published := oracle.JSON(t, "durmod_durdata/published_11_points.json")
	c := published.At("coefficients")
	const J = 11
	theta := []float64{c.At("job.x1").Float(), c.At("job.x2").Float(), c.At("job.alpha").Float(), c.At("program.x1").Float(), c.At("program.x2").Float()}
	name := func(prefix string, k int) float64 { return c.At(prefix + itoa(k)).Float() }
	for j := 1; j <= J; j++ {
		theta = append(theta, name("job.mu", j), name("program.mu", j))
	}
	for j := 1; j < J; j++ {
		theta = append(theta, name("pargs", j))
	}
	e := d.newEvaluation(J, true)
	d.evaluate(theta, J, e)
	published.At("loglik").Near(e.value, 1e-10)
	w := d.newWork(theta, J)
	for j, p := range published.At("distribution").List() {
		p.At("prob").Near(w.p[j], 1e-12)
		p.At("job").Near(w.hazard[2*j], 1e-12)
	}
}

func itoa(k int) string {
	if k >= 10 {
		return string(rune('0'+k/10)) + string(rune('0'+k%10))
	}
	return string(rune('0' + k))
}

// Score and Hessian against differences, at random parameters of random small problems.
func TestTimingDerivatives(t *testing.T) {
	for k := range 300 {
		r := rand.New(rand.NewPCG(uint64(k), 31))
		in := randomTiming(r, 1+r.IntN(12), 2+r.IntN(2), 1+r.IntN(2))
		d := newTimingData(&in, r.IntN(2) == 0, 1)
		J := 1 + r.IntN(3)
		P := d.parameters(J)
		theta := make([]float64, P)
		for i := range theta {
			theta[i] = r.NormFloat64()
		}
		e := d.newEvaluation(J, true)
		d.evaluate(theta, J, e)
		if want := naiveTiming(&in, d, theta, J); !near(e.value, want, 1e-11) {
			t.Fatalf("problem %d: log-likelihood %v, by definition %v", k, e.value, want)
		}
		const step = 1e-5
		for i := range theta {
			old := theta[i]
			up, down := d.newEvaluation(J, false), d.newEvaluation(J, false)
			theta[i] = old + step
			d.evaluate(theta, J, up)
			theta[i] = old - step
			d.evaluate(theta, J, down)
			theta[i] = old
			scale := math.Max(1, math.Abs(e.score[i]))
			if got := (up.value - down.value) / (2 * step); math.Abs(got-e.score[i]) > 1e-6*scale {
				t.Fatalf("problem %d: score %d is %v, by differences %v", k, i, e.score[i], got)
			}
			for j := range theta {
				got := (up.score[j] - down.score[j]) / (2 * step)
				if math.Abs(got-e.hessian[i*P+j]) > 1e-5*math.Max(1, math.Abs(got)) { // differences of 1e-5
					t.Fatalf("problem %d (J=%d): second derivative %d, %d is %v, by differences %v", k, J, i, j, e.hessian[i*P+j], got)
				}
			}
		}
	}
}

// randomTiming draws people cut into rows, with entry into a programme and two kinds of exit.
func randomTiming(r *rand.Rand, persons, states, covariates int) TimingInput {
	in := TimingInput{Persons: persons, States: []string{"job", "program", "pension"}[:states], Entry: 2}
	for j := range covariates {
		in.X.Names = append(in.X.Names, "x"+itoa(j))
		in.X.Columns = append(in.X.Columns, nil)
	}
	for i := range persons {
		clock, program := 0., int32(0)
		for range 1 + r.IntN(4) {
			in.Person = append(in.Person, int32(i))
			in.Start = append(in.Start, clock)
			clock += .1 + r.ExpFloat64()
			in.Stop = append(in.Stop, clock)
			in.Program = append(in.Program, program)
			for j := range in.X.Columns {
				in.X.Columns[j] = append(in.X.Columns[j], r.NormFloat64())
			}
			event := int32(r.IntN(states + 1))
			if program > 0 && event == 2 {
				event = 0
			}
			in.Event = append(in.Event, event)
			if event == 2 {
				program = 1
			} else if program == 1 && r.IntN(2) == 0 {
				program = 2
			}
		}
	}
	return in
}

// naiveTiming is the likelihood by its definition: hazards row by row, then the mixture.
func naiveTiming(in *TimingInput, d *timingData, theta []float64, J int) float64 {
	base := d.coefficients()
	S := d.states
	total := 0.
	var odds []float64
	odds = append(odds, 0)
	odds = append(odds, theta[base+J*S:]...)
	norm := 0.
	for _, a := range odds {
		norm += math.Exp(a)
	}
	for p := range in.Persons {
		sum := 0.
		for j := range J {
			l := 1.
			for k := range in.Stop {
				if int(in.Person[k]) != p {
					continue
				}
				a := 0
				for d.row[a] != int32(k) {
					a++
				}
				H, event := 0., 1.
				for s := range S {
					if s+1 == in.Entry && in.Program[k] > 0 {
						continue
					}
					eta := theta[base+j*S+s]
					for q, c := range d.columns[s] {
						eta += theta[d.at[s]+q] * d.x[a*d.width+c]
					}
					H += math.Exp(eta)
					if int(in.Event[k]) == s+1 {
						event = math.Exp(eta)
					}
				}
				l *= event * math.Exp(-(in.Stop[k]-in.Start[k])*H)
			}
			sum += math.Exp(odds[j]) / norm * l
		}
		total += math.Log(sum)
	}
	return total
}

func timingPath(t testing.TB, points int) *TimingPath {
	p, err := Timing(durdata(t), TimingOptions{Points: points})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Fits {
		t.Logf("%2d points: %.6f, BIC %.2f, D %.3g, %d steps, converged %v, effect %v", f.Points, f.LogLikelihood, f.BIC, f.Gradient, f.Iterations, f.Converged, f.Effects[2])
		if !f.Converged {
			t.Errorf("%d points did not converge", f.Points)
		}
	}
	return p
}

// Models with one to three points are sharp targets; from four on durmod's likelihood is a floor (its README).
func TestTimingPathAgainstDurmod(t *testing.T) {
	points := 3
	if os.Getenv("EVALUATE_SLOW") == "1" {
		points = 11
	}
	p := timingPath(t, points)
	fits := oracle.JSON(t, "durmod_durdata/result.json").At("fits").List()[1:] // the first is the null model
	published := oracle.JSON(t, "durmod_durdata/published_11_points.json").At("path_loglik")
	for k, f := range p.Fits {
		for _, floor := range []float64{published.At(itoa(f.Points)).Float(), floorOf(fits, k)} {
			if f.LogLikelihood < floor-1e-6 {
				t.Errorf("%d points: log-likelihood %.6f, durmod reached %.6f", f.Points, f.LogLikelihood, floor)
			}
		}
		if k > 2 {
			continue
		}
		published.At(itoa(f.Points)).Near(f.LogLikelihood, closedForm)
		names := []string{"job.pars.x1", "job.pars.x2", "job.pars.alpha", "program.pars.x1", "program.pars.x2"}
		terms, values := fits[k].At("term").Texts(), fits[k].At("par").List()
		for j, name := range names {
			for m, term := range terms {
				if term == "par.parset."+name {
					// durmod stops at a relative change of 1e-14 in the likelihood: about 1e-6 in a coefficient of size 1.
					values[m].NearAbs(f.Effects[j].Estimate.Estimate, 5e-6)
				}
			}
		}
		probabilities := fits[k].At("mphdist", "prob").Floats()
		for j, m := range f.Mass {
			if math.Abs(m.Probability-probabilities[j]) > 1e-5 {
				t.Errorf("%d points: probability %v, durmod %v", f.Points, m.Probability, probabilities[j])
			}
		}
	}
	if p.Chosen != -1 && points == 11 || p.Persons != 5000 || p.Rows != 11011 || p.Events[0] != 4487 || p.Events[1] != 2058 {
		t.Errorf("%+v", p)
	}
}

func floorOf(fits []oracle.Node, k int) float64 {
	if k < len(fits) {
		return fits[k].At("loglik").Float()
	}
	return math.Inf(-1)
}

// simulateTiming draws persons with two unseen types, who enter the programme sooner or later; being in it multiplies the
// hazard of a job by exp(effect), having been in it by exp(later).
func simulateTiming(r *rand.Rand, persons int, effect, later float64) TimingInput {
	in := TimingInput{Persons: persons, States: []string{"job", "program"}, Entry: 2, X: Covariates{Names: []string{"x"}, Columns: make([][]float64, 1)}}
	for i := range persons {
		job, entry := .04, .08 // those who find jobs late enter soon: left out of account, the programme looks harmful
		if r.IntN(2) == 0 {
			job, entry = .25, .03
		}
		x := r.NormFloat64()
		job, entry = job*math.Exp(.5*x), entry*math.Exp(-.3*x)
		clock, program, left := 0., int32(0), 0.
		const end = 40.
		for clock < end {
			h, e, until := job, entry, end
			switch program {
			case 1:
				h, e, until = job*math.Exp(effect), 0, min(end, left)
			case 2:
				h, e = job*math.Exp(later), 0
			}
			wait := r.ExpFloat64() / (h + e)
			event, stop := int32(0), clock+wait
			if stop >= until {
				stop = until
			} else if r.Float64() < h/(h+e) {
				event = 1
			} else {
				event = 2
			}
			in.Person, in.Start, in.Stop = append(in.Person, int32(i)), append(in.Start, clock), append(in.Stop, stop)
			in.Event, in.Program, in.X.Columns[0] = append(in.Event, event), append(in.Program, program), append(in.X.Columns[0], x)
			if clock = stop; event == 1 {
				break
			}
			if event == 2 {
				program, left = 1, clock+6
			} else if program == 1 {
				program = 2
			}
		}
	}
	return in
}

// The effects that were put in are found by the model of least BIC, and not by the one without unseen types.
func TestTimingFindsTheEffect(t *testing.T) {
	replicates, persons := 1, 1500
	if os.Getenv("EVALUATE_SLOW") == "1" {
		replicates, persons = 100, 3000
	}
	const effect, later = -.4, .3
	names := map[string]float64{"during": effect, "after": later}
	held, naive, errors, made := 0, 0, 0., 0
	for k := range replicates {
		r := rand.New(rand.NewPCG(uint64(k), 71))
		p, err := Timing(simulateTiming(r, persons, effect, later), TimingOptions{Points: 3})
		if err != nil {
			t.Fatal(err)
		}
		best := 0
		for m, f := range p.Fits {
			if f.BIC < p.Fits[best].BIC {
				best = m
			}
		}
		for m, f := range p.Fits {
			for _, e := range f.Effects {
				truth, ok := names[e.Term]
				if !ok || e.State != "job" {
					continue
				}
				inside := e.ConfLow <= truth && truth <= e.ConfHigh
				if m == 0 && inside {
					naive++
				}
				if m == best {
					made++
					errors += (e.Estimate.Estimate - truth) / e.RobustStdError
					if inside {
						held++
					}
				}
			}
		}
	}
	share := float64(held) / float64(made)
	t.Logf("%.1f %% of %d intervals hold the truth, mean error %.2f standard errors; without unseen types %.1f %%", 100*share, made, errors/float64(made), 100*float64(naive)/float64(made))
	if slack := 4 * math.Sqrt(.05*.95/float64(made)); math.Abs(share-.95) > slack+.02 || naive*2 > made {
		t.Errorf("%.1f %% of the intervals hold the truth, %d of %d without unseen types", 100*share, naive, made)
	}
}

func TestTimingInvariances(t *testing.T) {
	in := simulateTiming(rand.New(rand.NewPCG(9, 9)), 700, -.4, .3)
	a, err := Timing(in, TimingOptions{Points: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	compare := func(what string, in TimingInput, tol, factor float64) {
		t.Helper()
		b, err := Timing(in, TimingOptions{Points: 3, Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Fits) != len(b.Fits) {
			t.Fatalf("%s: %d fits, %d", what, len(a.Fits), len(b.Fits))
		}
		for k, f := range a.Fits {
			g := b.Fits[k]
			equal(t, what, []float64{g.LogLikelihood}, []float64{f.LogLikelihood}, tol)
			for j, e := range f.Effects {
				s := 1.
				if e.Term == "x" {
					s = factor
				}
				equal(t, what, []float64{g.Effects[j].Estimate.Estimate * s, g.Effects[j].StdError * s, g.Effects[j].RobustStdError * s}, []float64{e.Estimate.Estimate, e.StdError, e.RobustStdError}, tol*1e3)
			}
		}
	}
	compare("workers", in, 0, 1)
	r := rand.New(rand.NewPCG(4, 4))
	shuffled := in
	order := r.Perm(len(in.Stop))
	shuffled.Person, shuffled.Event, shuffled.Program = at(in.Person, order), at(in.Event, order), at(in.Program, order)
	shuffled.Start, shuffled.Stop = at(in.Start, order), at(in.Stop, order)
	shuffled.X.Columns = [][]float64{at(in.X.Columns[0], order)}
	name := r.Perm(in.Persons)
	for i, p := range shuffled.Person {
		shuffled.Person[i] = int32(name[p])
	}
	compare("order of rows and names of persons", shuffled, 1e-9, 1)
	scaled := in
	scaled.X.Columns = [][]float64{slices.Clone(in.X.Columns[0])}
	for i := range scaled.X.Columns[0] {
		scaled.X.Columns[0][i] = 1e3 + 50*scaled.X.Columns[0][i]
	}
	compare("scale of a covariate", scaled, 1e-8, 50)

	// Rows cut in pieces are the same people.
	cut, err := in.SplitAt([]float64{2, 7.5})
	if err != nil {
		t.Fatal(err)
	}
	if len(cut.Stop) <= len(in.Stop) || len(cut.X.Names) != 3 || cut.X.Names[1] != "elapsed=2–7.5" || cut.X.Names[2] != "elapsed=7.5+" {
		t.Errorf("%d rows, columns %v", len(cut.Stop), cut.X.Names)
	}
	for i, stop := range cut.Stop {
		k := 0
		for _, s := range []float64{2, 7.5} {
			if cut.Start[i] >= s {
				k++
			}
			if cut.Start[i] < s && stop > s {
				t.Fatalf("row (%v, %v] was not cut at %v", cut.Start[i], stop, s)
			}
		}
		for m := range 2 {
			if (cut.X.Columns[1+m][i] == 1) != (k == m+1) {
				t.Fatalf("row (%v, %v]: column %s is %v", cut.Start[i], stop, cut.X.Names[1+m], cut.X.Columns[1+m][i])
			}
		}
	}
	plain := cut
	plain.X = Covariates{Names: cut.X.Names[:1], Columns: cut.X.Columns[:1]}
	compare("rows cut in pieces", plain, 1e-8, 1)
}

func at[T any](x []T, order []int) []T {
	out := make([]T, len(x))
	for k, i := range order {
		out[k] = x[i]
	}
	return out
}

func TestTimingRefusals(t *testing.T) {
	good := func() TimingInput { return simulateTiming(rand.New(rand.NewPCG(2, 2)), 50, 0, 0) }
	for code, change := range map[string]func(in *TimingInput, o *TimingOptions){
		"no_rows":           func(in *TimingInput, _ *TimingOptions) { *in = TimingInput{Entry: 1, States: []string{"a"}} },
		"bad_length":        func(in *TimingInput, _ *TimingOptions) { in.Start = in.Start[1:] },
		"bad_state":         func(in *TimingInput, _ *TimingOptions) { in.Entry = 0 },
		"bad_time":          func(in *TimingInput, _ *TimingOptions) { in.Stop[3] = in.Start[3] },
		"bad_event":         func(in *TimingInput, _ *TimingOptions) { in.Event[3] = 9 },
		"bad_cluster":       func(in *TimingInput, _ *TimingOptions) { in.Person[3] = -1 },
		"bad_program":       func(in *TimingInput, _ *TimingOptions) { clear(in.Program) },
		"bad_points":        func(_ *TimingInput, o *TimingOptions) { o.Points = 31 },
		"bad_level":         func(_ *TimingInput, o *TimingOptions) { o.Level = 2 },
		"singular":          func(in *TimingInput, _ *TimingOptions) { clear(in.X.Columns[0]) },
		"missing_covariate": func(in *TimingInput, _ *TimingOptions) { in.X.Columns[0][2] = math.NaN() },
		"no_events": func(in *TimingInput, _ *TimingOptions) {
			for i := range in.Event {
				if in.Event[i] == 1 {
					in.Event[i] = 0
				}
			}
		},
	} {
		in, opt := good(), TimingOptions{}
		change(&in, &opt)
		if _, err := Timing(in, opt); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := good().SplitAt([]float64{3, 2}); fault.CodeOf(err) != "bad_steps" {
		t.Errorf("steps: %v", err)
	}
	late := good()
	for i := range late.Start {
		late.Start[i]++
		late.Stop[i]++
	}
	p, err := Timing(late, TimingOptions{Points: 1})
	if err != nil || len(p.Warnings) == 0 || p.Warnings[0].Code != "late_entry" {
		t.Errorf("late entry: %v, %v", p, err)
	}
}
