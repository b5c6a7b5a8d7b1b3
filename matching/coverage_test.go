package matching

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"tiltakseffekt/internal/random"
)

// trial is one draw of the simulation: four covariates of which one is 0/1 and one skewed, a logit treatment whose score the
// estimators can fit, a linear outcome under no treatment and an effect that differs by the first covariate.
type trial struct {
	data   Data
	effect []float64
	score  []float64 // true
}

func drawTrial(seed uint64, n int, selection float64) trial {
	r := random.New(seed, "coverage", math.Float64bits(selection))
	t := trial{effect: make([]float64, n), score: make([]float64, n)}
	d := &t.data
	d.X = make([][]float64, 4)
	for j := range d.X {
		d.X[j] = make([]float64, n)
	}
	d.Names = []string{"x1", "x2", "x3", "x4"}
	d.Treated, d.Outcomes, d.OutcomeNames = make([]bool, n), [][]float64{make([]float64, n)}, []string{"y"}
	for i := range n {
		x1, x2, x3, x4 := r.NormFloat64(), r.NormFloat64(), float64(r.IntN(2)), r.ExpFloat64()
		d.X[0][i], d.X[1][i], d.X[2][i], d.X[3][i] = x1, x2, x3, x4
		p := 1 / (1 + math.Exp(1.1-selection*(0.5*x1-0.4*x2+0.5*(x3-0.5)+0.25*(x4-1))))
		t.score[i], d.Treated[i] = p, r.Float64() < p
		t.effect[i] = 1 + 0.3*x1
		y := 1 + x1 + 0.5*x2 - 0.7*x3 + 0.4*x4 + r.NormFloat64()
		if d.Treated[i] {
			y += t.effect[i]
		}
		d.Outcomes[0][i] = y
	}
	return t
}

// truth is the mean effect over the rows that the estimate is about: the treated rows kept, with their weights, or for
// overlap weights all rows with p(1−p).
func (t *trial) truth(r *Report) float64 {
	sum, total := 0., 0.
	for i, e := range t.effect {
		w := 0.
		switch {
		case r.Spec.Estimand == ATO:
			w = t.score[i] * (1 - t.score[i])
		case t.data.Treated[i]:
			w = r.Weight[i]
		}
		sum += w * e
		total += w
	}
	return sum / total
}

var coverageMethods = []struct {
	name string
	spec Spec
	low  float64 // least coverage accepted under good overlap
}{
	{"nearest 1:1, caliper 0.2 sd", Spec{Nearest: NearestOptions{Caliper: 0.2}}, 0.93},
	{"the same, then regression", Spec{Nearest: NearestOptions{Caliper: 0.2}, Adjust: "regression"}, 0.93},
	{"optimal 1:1", Spec{Method: "optimal"}, 0},
	{"nearest with replacement", Spec{Nearest: NearestOptions{Replace: true}}, 0.93},
	{"with replacement, score taken as known", Spec{Nearest: NearestOptions{Replace: true}, StdError: "abadie-imbens"}, 0},
	{"nearest with replacement, bias-adjusted", Spec{Nearest: NearestOptions{Replace: true}, BiasAdjust: true}, 0.93},
	{"bias-adjusted, multiplier bootstrap", Spec{Nearest: NearestOptions{Replace: true}, BiasAdjust: true, StdError: "bootstrap"}, 0.93},
	{"radius 0.1 sd, bias-adjusted", Spec{Method: "radius", Radius: 0.1, BiasAdjust: true}, 0.93},
	{"full", Spec{Method: "full"}, 0},
	{"5 subclasses", Spec{Method: "subclass", Subclasses: 5}, 0},
	{"10 subclasses", Spec{Method: "subclass", Subclasses: 10}, 0.93},
	{"coarsened exact, 5 bins", Spec{Method: "cem"}, 0.93},
	{"inverse probability", Spec{Method: "ipw"}, 0.93},
	{"overlap weights", Spec{Method: "overlap", Estimand: ATO}, 0.93},
	{"entropy balancing", Spec{Method: "ebal"}, 0.93},
	{"augmented, cross-fitted", Spec{Method: "aipw"}, 0.93},
}

// coverageRow is a line of the table.
type coverageRow struct {
	name                          string
	draws, failed                 int
	bias, ratio, coverage, kept   float64
	biasError, coverError, warned float64
}

func coverage(draws, n int, selection float64) []coverageRow {
	rows := make([]coverageRow, len(coverageMethods))
	errors := make([][]float64, len(rows))
	ses := make([]float64, len(rows))
	for k := range draws {
		t := drawTrial(uint64(k), n, selection)
		for m, method := range coverageMethods {
			spec := method.spec
			spec.Workers = 1
			data := t.data
			if spec.Method == "cem" {
				for j := range data.X {
					data.Cells = append(data.Cells, Coarsen(data.X[j], 5))
				}
			}
			row := &rows[m]
			row.name = method.name
			r, err := Run(&data, spec)
			if err != nil || math.IsNaN(r.Effects[len(r.Effects)-1].StdError) {
				row.failed++
				continue
			}
			e := r.Effects[len(r.Effects)-1]
			d := e.Estimate - t.truth(r)
			errors[m] = append(errors[m], d)
			ses[m] += e.StdError
			if math.Abs(d) <= 1.959963984540054*e.StdError {
				row.coverage++
			}
			row.kept += float64(r.Counts.MatchedTreated) / float64(r.Counts.Treated)
			if len(r.Warnings) > 0 {
				row.warned++
			}
		}
	}
	for m := range rows {
		row, c := &rows[m], float64(len(errors[m]))
		row.draws = len(errors[m])
		mean, squares := 0., 0.
		for _, d := range errors[m] {
			mean += d / c
		}
		for _, d := range errors[m] {
			squares += (d - mean) * (d - mean)
		}
		sd := math.Sqrt(squares / (c - 1))
		row.bias, row.biasError = mean/sd, 1/math.Sqrt(c)
		row.ratio = ses[m] / c / sd
		row.coverage, row.kept, row.warned = row.coverage/c, row.kept/c, row.warned/c
		row.coverError = math.Sqrt(row.coverage * (1 - row.coverage) / c)
	}
	return rows
}

// The table of docs/matching-errors.md: EVALUATE_SLOW=1 go test ./matching -run TestErrorsTable -v, which writes it to the
// file named in EVALUATE_TABLE if there is one. Without EVALUATE_SLOW a few draws only see that it runs.
func TestErrorsTable(t *testing.T) {
	draws := 6
	if os.Getenv("EVALUATE_SLOW") == "1" {
		draws = 2000
	}
	var b strings.Builder
	const n = 1000
	for _, s := range []struct {
		name      string
		selection float64
	}{{"Good overlap", 1}, {"Strong selection", 3}} {
		fmt.Fprintf(&b, "\n## %s\n\n| estimator | treated kept | bias / sd | std. error / sd | coverage of 95 %% intervals | draws that warn | not estimable |\n|---|---|---|---|---|---|---|\n", s.name)
		for m, r := range coverage(draws, n, s.selection) {
			fmt.Fprintf(&b, "| %s | %.1f %% | %.2f (%.2f) | %.2f | %.1f %% (%.1f) | %.0f %% | %d |\n", r.name, 100*r.kept, r.bias, r.biasError, r.ratio,
				100*r.coverage, 100*r.coverError, 100*r.warned, r.failed)
			if low := coverageMethods[m].low; draws >= 1000 && s.selection == 1 && low > 0 && r.coverage < low-2*r.coverError {
				t.Errorf("%s: coverage %.3f", r.name, r.coverage)
			}
		}
	}
	t.Log(b.String())
	if file := os.Getenv("EVALUATE_TABLE"); file != "" {
		head := fmt.Sprintf(`# Are the standard errors of matching right?

%d draws of %d rows, of which about a quarter are treated; the score of the estimators is the right one, the outcome is linear in the
covariates, and the effect differs by person. The truth of a draw is the mean effect on the rows that the estimate is about: the
treated that were kept, with their weights, or the overlap population. Monte Carlo errors in brackets. Errors are the automatic ones.
Subclasses and coarsened cells leave differences inside their cells; that is bias, and no standard error knows of it.

Two choices were made after looking at earlier runs of this table, on the same design and the same draws: the conditional variance of
bias-adjusted nearest uses the adjusted residuals (it covered 98.0 %% before), and with replacement the automatic error is that of the
estimated score (98.2 %% before; its formula was taken from a note that marks it as unchecked against the paper). Regression after
nearest was added because plain nearest covers too often. For those rows the table confirms what it was used to choose; a second design
has not been tried.

Printed by

    EVALUATE_SLOW=1 EVALUATE_TABLE=$PWD/docs/matching-errors.md go test ./matching -run TestErrorsTable -v
`, draws, n)
		if err := os.WriteFile(file, []byte(head+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
