package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// longOf writes a panel as rows in random order.
func longOf(p *Panel, rng *rand.Rand) *Long {
	l := &Long{Units: len(p.Start), UnitName: "id", TimeName: "t", StartName: "g", Covariates: make([][]float64, len(p.Covariates))}
	n := len(p.Start) * len(p.Times)
	for _, r := range rng.Perm(n) {
		i, t := r/len(p.Times), r%len(p.Times)
		if math.IsNaN(p.Outcome[t][i]) {
			continue
		}
		l.Unit, l.Time, l.Start = append(l.Unit, int32(i)), append(l.Time, p.Times[t]), append(l.Start, p.Start[i])
		l.Outcome = append(l.Outcome, p.Outcome[t][i])
		for k, x := range p.Covariates {
			l.Covariates[k] = append(l.Covariates[k], x[0][i])
		}
	}
	return l
}

func TestLongPanel(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 1))
	p := small{n: 100, T: 5, cohorts: []int64{102, 103}, never: true, covariates: 2, missing: 0.05}.panel(rng)
	q, err := longOf(p, rng).Panel()
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Covariates[1]) != 1 || !slices.Equal(q.Covariates[1][0], p.Covariates[1][0]) || !slices.Equal(q.Start, p.Start) {
		t.Error("covariates or starts differ")
	}
	same(t, estimated(t, p, Options{Draws: 100}), estimated(t, q, Options{Draws: 100}), 0)
	for name, spoil := range map[string]func(l *Long){
		"repeat a `id` and `t`": func(l *Long) { l.Time[0], l.Unit[0], l.Start[0] = l.Time[1], l.Unit[1], l.Start[1] },
		"`g` changes":           func(l *Long) { l.Start[7]-- },
		"`w` is -1":             func(l *Long) { l.WeightName, l.Weights = "w", make([]float64, len(l.Time)); l.Weights[3] = -1 },
		"`office` changes within": func(l *Long) {
			l.ClusterNames, l.Clusters = []string{"office"}, [][]int32{make([]int32, len(l.Time))}
			l.Clusters[0][5] = 1
		},
	} {
		l := longOf(p, rng)
		spoil(l)
		if _, err := l.Panel(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Clusters by unit and by period, as fixest has them.
func TestRegressTwoWayClusters(t *testing.T) {
	d := mpdta(t)
	p, _ := panelOf(d, nil, nil)
	unit := make([]int32, len(p.Start))
	year := make([][]int32, len(p.Times))
	for i := range unit {
		unit[i] = int32(i)
	}
	for t := range year {
		year[t] = make([]int32, len(unit))
		for i := range unit {
			year[t][i] = int32(t)
		}
	}
	p.Clusters, p.RowClusters = [][]int32{unit}, [][][]int32{year}
	r, err := Regress(p, Static, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	oracle.JSON(t, "fixest_twfe/result.json").At("mpdta_twfe_static", "se", "twoway_county_year").Near(r.Terms[0].StdError, 1e-9)
	if _, err := GroupTime(p, Options{}); err == nil {
		t.Error("group-time effects with a cluster by period pass")
	}
}
