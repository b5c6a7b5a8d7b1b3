package matching

import (
	"testing"

	"tiltakseffekt/internal/oracle"
)

// coarse are the cells of coarsened exact matching on the covariates of the score: text exactly, numbers in bins (0: by
// Sturges).
func (s *sample) coarse(bins int) [][]int32 {
	var out [][]int32
	race := false
	for j, name := range s.names {
		if s.columns["race"] != nil && (name == "racehispan" || name == "racewhite") {
			if !race {
				out = append(out, s.race)
				race = true
			}
			continue
		}
		b := bins
		if b == 0 {
			b = SturgesBins(len(s.y))
		}
		out = append(out, Coarsen(s.x[j], b))
	}
	return out
}

func TestSubclassOracle(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("matching")
		n := len(s.y)
		byScore := func(count int, e Estimand) (*Subclassed, error) {
			return SubclassByScore(s.fit.Fitted, s.treated, nil, nil, count, e)
		}
		for _, c := range []struct {
			name string
			make func() (*Subclassed, error)
		}{
			{"subclass5_ATT", func() (*Subclassed, error) { return byScore(5, ATT) }},
			{"subclass5_ATE", func() (*Subclassed, error) { return byScore(5, ATE) }},
			{"subclass10_ATT", func() (*Subclassed, error) { return byScore(10, ATT) }},
			{"exact_only", func() (*Subclassed, error) { return ByCell(s.race, s.treated, nil, ATT) }},
			{"cem_default", func() (*Subclassed, error) { return ByCell(CellsOf(s.coarse(0), n, nil), s.treated, nil, ATT) }},
			{"cem_cut4", func() (*Subclassed, error) { return ByCell(CellsOf(s.coarse(4), n, nil), s.treated, nil, ATT) }},
		} {
			got, err := c.make()
			if err != nil {
				t.Fatal(err)
			}
			compareSubclassed(t, s, got, ref.At(c.name))
		}
	}
}

func compareSubclassed(t *testing.T, s *sample, got *Subclassed, r oracle.Node) {
	t.Helper()
	compareWeights(t, got.Weight, r)
	compareCounts(t, s, got.Weight, r)
	compareAdjusted(t, s, got.Weight, got.Subclass, r)
	compareBalance(t, s, s.fit.Fitted, got.Weight, nil, got.Estimand, r)
	e := got.Effect(s.y, nil, nil, 0)
	r.At("att", "wls_HC3", "estimate").Near(e.Estimate, 1e-8)
	r.At("att", "wls_HC3", "se").Near(e.StdError, 1e-8)
	if r.At("att").Has("wls_CL_subclass_HC1") {
		r.At("att", "wls_CL_subclass_HC1", "se").Near(got.ByPair(s.y, nil, nil, 0).StdError, 1e-8)
	}
	// The partition is the reference's up to the numbers of the subclasses.
	to, back := map[string]int32{}, map[int32]string{}
	names := r.At("weights", "subclass").List()
	for i, id := range r.At("weights", "id").Floats() {
		own, other := got.Subclass[int(id)-1], names[i].Text()
		if a, ok := to[other]; ok && a != own {
			t.Errorf("subclass %s of the reference is split", other)
			return
		}
		if b, ok := back[own]; ok && b != other {
			t.Errorf("subclass %d joins two of the reference", own)
			return
		}
		to[other], back[own] = own, other
	}
}
