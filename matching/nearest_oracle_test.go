package matching

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// nearestCase is a configuration of the reference with the options that say the same here.
type nearestCase struct {
	name   string
	opt    NearestOptions
	linear bool
	change func(s *sample, in *NearestInput, t *testing.T)
}

func nearestCases() []nearestCase {
	exact := func(s *sample, in *NearestInput, _ *testing.T) { in.Stratum = s.race }
	return []nearestCase{
		{name: "nn_largest"},
		{name: "nn_smallest", opt: NearestOptions{Order: Smallest}},
		{name: "nn_data", opt: NearestOptions{Order: DataOrder}},
		{name: "nn_closest", opt: NearestOptions{Order: Closest}},
		{name: "nn_farthest", opt: NearestOptions{Order: Farthest}},
		{name: "nn_replace", opt: NearestOptions{Replace: true}},
		{name: "nn_replace_ratio3", opt: NearestOptions{Replace: true, Ratio: 3}},
		{name: "nn_caliper_0.2", opt: NearestOptions{Caliper: 0.2}},
		{name: "nn_caliper_0.1", opt: NearestOptions{Caliper: 0.1}},
		{name: "nn_caliper_raw_0.02", opt: NearestOptions{Caliper: 0.02, CaliperUnit: CaliperRaw}},
		{name: "nn_replace_caliper_0.2", opt: NearestOptions{Replace: true, Caliper: 0.2}},
		{name: "nn_linearlogit_caliper_0.2", opt: NearestOptions{Caliper: 0.2}, linear: true},
		{name: "nn_linearlogit_caliper_0.2_closest", opt: NearestOptions{Caliper: 0.2, Order: Closest}, linear: true},
		{name: "nn_ratio2", opt: NearestOptions{Ratio: 2}},
		{name: "nn_ratio3", opt: NearestOptions{Ratio: 3}},
		{name: "nn_ratio2_caliper_0.2", opt: NearestOptions{Ratio: 2, Caliper: 0.2}},
		{name: "nn_reuse3", opt: NearestOptions{ReuseMax: 3}},
		{name: "nn_exact", change: exact},
		{name: "nn_exact_caliper_0.2", opt: NearestOptions{Caliper: 0.2}, change: exact},
		{name: "nn_covariate_caliper", opt: NearestOptions{Caliper: 0.2}, change: func(s *sample, in *NearestInput, t *testing.T) {
			in.Calipers = []CovariateCaliper{{Values: s.column(t, "age"), Max: 2}}
		}},
		{name: "nn_ATC_replace", opt: NearestOptions{Replace: true, Estimand: ATC, Order: Smallest}},
	}
}

func TestNearestLikeMatchIt(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("matching")
		for _, c := range nearestCases() {
			if !ref.Has(c.name) {
				continue
			}
			in := NearestInput{Score: s.fit.Fitted, Treated: s.treated}
			if c.linear {
				in.Score = s.fit.Linear
			}
			if c.change != nil {
				c.change(s, &in, t)
			}
			c.opt.LikeMatchIt = true
			m, err := Nearest(in, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			r := ref.At(c.name)
			wrong := comparePairs(t, m, r)
			if wrong > 0 {
				t.Errorf("%s %s: %d rows matched otherwise", s.folder, c.name, wrong)
				continue
			}
			compareNearest(t, s, m, r)
			compareBalance(t, s, in.Score, m.Weight, m, c.opt.Estimand, r)
		}
	}
}

// comparePairs counts the rows whose matches differ from the reference, in order.
func comparePairs(t *testing.T, m *Matched, r oracle.Node) int {
	ids := r.At("pairs", "treated_id").List()
	others := r.At("pairs", "control_ids").List()
	got := map[string]string{}
	for _, p := range m.Pairs {
		a, b := p.Treated, p.Comparison
		if m.Options.Estimand == ATC {
			a, b = b, a
		}
		k := fmt.Sprint(a + 1)
		got[k] += fmt.Sprint(b+1) + " "
	}
	wrong := 0
	for i, id := range ids {
		want := ""
		for _, v := range others[i].List() {
			want += v.Text() + " "
		}
		if slots(m.Options, got[id.Text()]) != slots(m.Options, want) {
			if wrong < 3 {
				t.Logf("row %s: got %s, reference %s", id.Text(), got[id.Text()], want)
			}
			wrong++
		} else {
			id.Equal(id.Text()) // counts the field
		}
	}
	return wrong
}

// slots is the list of matches to compare. Several taken at once, with replacement, stand in the reference in the order of
// an unstable sort where their distances are equal: there the set is compared.
func slots(opt NearestOptions, list string) string {
	if !opt.Replace {
		return list
	}
	f := strings.Fields(list)
	slices.Sort(f)
	return strings.Join(f, " ")
}

// compareNearest compares what follows from the pairs: weights, caliper, estimate and errors.
func compareNearest(t *testing.T, s *sample, m *Matched, r oracle.Node) {
	t.Helper()
	if r.Has("caliper_abs") {
		list := r.At("caliper_abs").Keys()
		for _, k := range list {
			if k == "" && !math.IsInf(m.CaliperAbsolute, 1) {
				r.At("caliper_abs", k).Near(m.CaliperAbsolute, 1e-10)
			}
		}
	}
	compareWeights(t, m.Weight, r)
	compareCounts(t, s, m.Weight, r)
	compareAdjusted(t, s, m.Weight, m.Subclass, r)
	e := m.ATT(s.y, nil, nil, 0)
	r.At("att", "wls_HC1", "estimate").Near(e.Estimate, 1e-8)
	if r.At("att").Has("wls_CL_subclass_HC1") {
		r.At("att", "wls_CL_subclass_HC1", "se").Near(e.StdError, 1e-8)
	}
	if r.At("att").Has("getmatches_CL_subclass_id_HC1") {
		r.At("att", "getmatches_CL_subclass_id_HC1", "se").Near(e.StdError, 1e-8)
	}
}

func compareWeights(t *testing.T, weight []float64, r oracle.Node) {
	t.Helper()
	ids := r.At("weights", "id").Floats()
	want := r.At("weights", "weight").List()
	positive := 0
	for _, w := range weight {
		if w > 0 {
			positive++
		}
	}
	if positive != len(ids) {
		t.Errorf("%d rows have a weight, in the reference %d", positive, len(ids))
		return
	}
	for i, id := range ids {
		want[i].Near(weight[int(id)-1], 1e-10)
	}
}

// The further file holds the matched rows of 19 configurations.
func TestNearestPairsFile(t *testing.T) {
	s := lalonde(t)
	file := oracle.CSV(t, "lalonde_psm/pairs_matchit_4.7.2/matchit_4.7.2_nearest.csv")
	want := map[string]map[string]string{}
	for i, c := range file["config"] {
		if want[c] == nil {
			want[c] = map[string]string{}
		}
		if v := file["control"][i]; v != "NA" && v != "" {
			want[c][file["treated"][i]] += v + " "
		}
	}
	for name, pairs := range want {
		opt := NearestOptions{LikeMatchIt: true}
		in := NearestInput{Score: s.fit.Fitted, Treated: s.treated}
		for _, part := range strings.Split(name, "_") {
			switch part {
			case "largest", "smallest", "closest", "farthest", "data":
				if err := opt.Order.UnmarshalText([]byte(part)); err != nil {
					t.Fatal(err)
				}
			case "cal":
				opt.Caliper = 0.2
			case "exact":
				in.Stratum = s.race
			case "logit":
				in.Score = s.fit.Linear
			case "ratio2":
				opt.Ratio = 2
			case "ratio3", "k3":
				opt.Ratio = 3
			case "replace":
				opt.Replace = true
			case "reuse2":
				opt.ReuseMax = 2
			case "race":
			default:
				t.Fatalf("what is %s?", name)
			}
		}
		m, err := Nearest(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, p := range m.Pairs {
			got[fmt.Sprint(p.Treated+1)] += fmt.Sprint(p.Comparison+1) + " "
		}
		wrong := 0
		for i, ok := range s.treated {
			id := fmt.Sprint(i + 1)
			if ok && slots(opt, got[id]) != slots(opt, pairs[id]) {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of 185 treated rows matched otherwise", name, wrong)
		} else {
			oracle.Known(t, "pairs_matchit_4.7.2:"+name, 0, float64(wrong), 0)
		}
	}
}
