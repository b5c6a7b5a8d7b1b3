package experiment

import (
	"math"
	"math/rand/v2"
	"testing"
)

// By simulation: an effect of the size found is found with the power asked for. 600 experiments have a Monte Carlo error of 1.6 points.
func TestDetectFindsWhatItSays(t *testing.T) {
	if testing.Short() {
		t.Skip("600 experiments: not under -short")
	}
	p := Plan{Units: 24, PerUnit: 10, ICC: .1, SD: 2}
	d, err := Detect(p)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(d.DesignEffect-1.9) > 1e-12 || math.Abs(d.StdError-2*math.Sqrt(1.9/60)) > 1e-12 {
		t.Errorf("%+v", d)
	}
	rng := rand.New(rand.NewPCG(7, 1))
	found := 0.
	const draws = 600
	for range draws {
		var tr Trial
		var y []float64
		for k, g := range rng.Perm(24) {
			u := rng.NormFloat64() * 2 * math.Sqrt(.1)
			for range 10 {
				tr.Cluster, tr.Assigned = append(tr.Cluster, int32(g)), append(tr.Assigned, k < 12)
				y = append(y, u+rng.NormFloat64()*2*math.Sqrt(.9))
				if k < 12 {
					y[len(y)-1] += d.ITT
				}
			}
		}
		f, kept := newLinear(tr.columns(false, true), tr.numbered().Cluster)
		if c := f.coefficient(y, kept[1]); pValue(c.value/c.stdError, c.df) < .05 {
			found += 1. / draws
		}
	}
	if math.Abs(found-.8) > 3*.0163 {
		t.Errorf("power %.3f", found)
	}
	if _, err := Detect(Plan{Units: 30}); err == nil {
		t.Error("no outcome")
	}
	if half, _ := Detect(Plan{Units: 24, PerUnit: 10, ICC: .1, SD: 2, TakeUp: .5}); math.Abs(half.LATE-2*d.ITT) > 1e-12 {
		t.Errorf("take-up %+v", half)
	}
}
