package matching

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// slowSpatial changes the distance of the slow matcher and its ties: the lower hash of the key, then the lower row.
type slowSpatial struct{ *slow }

func (s slowSpatial) distance(i, j int) float64 {
	d := 0.
	for _, col := range s.in.Points {
		diff := col[i] - col[j]
		d += diff * diff
	}
	return d
}

func (s slowSpatial) nearest(i int) int {
	tie := func(j int) uint64 {
		if s.opt.LikeMatchIt {
			return 0
		}
		return random.NewKeyed(s.opt.Seed, "matching ties").Uint64(s.in.Key[j], 0)
	}
	best := -1
	for j := range s.in.Treated {
		if s.may(i, j) && (best < 0 || cmp.Or(cmp.Compare(s.distance(i, j), s.distance(i, best)), cmp.Compare(tie(j), tie(best)), cmp.Compare(j, best)) < 0) {
			best = j
		}
	}
	return best
}

func TestSpatialAgainstBruteForce(t *testing.T) {
	r := random.New(2, "spatial brute force")
	done := 0
	for range 30000 {
		in, opt := problem(r)
		n := len(in.Treated)
		dim := 1 + r.IntN(3)
		for range dim {
			col := make([]float64, n)
			for i := range col {
				col[i] = float64(r.IntN(4))
			}
			in.Points = append(in.Points, col)
		}
		switch opt.Order {
		case Largest, Smallest: // ties of the score go by the order of ties, as the slow matcher has it with 32 bits
			opt.Order = DataOrder
		case Closest:
			opt.Order = RandomOrder
		}
		m, err := Nearest(in, opt)
		if err != nil {
			if fault.CodeOf(err) != "too_few_rows" {
				t.Fatal(err)
			}
			continue
		}
		done++
		s := slowSpatial{newSlow(in, opt)}
		rows := s.order()
		for range s.opt.Ratio {
			var stay []int
			for _, i := range rows {
				if j := s.nearest(i); j >= 0 {
					s.got[i] = append(s.got[i], j)
					s.uses[j]++
					stay = append(stay, i)
				}
			}
			rows = stay
		}
		got := make([][]int, n)
		for _, p := range m.Pairs {
			i, j := int(p.Treated), int(p.Comparison)
			if opt.Estimand == ATC {
				i, j = j, i
			}
			got[i] = append(got[i], j)
			if math.Abs(p.Distance*p.Distance-s.distance(i, j)) > 1e-12 {
				t.Fatalf("distance %g", p.Distance)
			}
		}
		if !reflect.DeepEqual(got, s.got) {
			t.Fatalf("got %v, want %v\n%+v\n%+v", got, s.got, in, opt)
		}
	}
	if done < 20000 {
		t.Errorf("only %d problems", done)
	}
}

// Larger trees, with points taken out, and the order closest: each pair is the closest left.
func TestSpatialClosest(t *testing.T) {
	for seed := range uint64(30) {
		r := random.New(seed, "spatial closest")
		n := 60 + r.IntN(100)
		in := NearestInput{Treated: make([]bool, n), Points: [][]float64{make([]float64, n), make([]float64, n)}}
		for i := range n {
			in.Treated[i] = r.IntN(3) == 0
			in.Points[0][i], in.Points[1][i] = r.NormFloat64(), math.Floor(3*r.NormFloat64())
		}
		in.Treated[0], in.Treated[1] = true, false
		m, err := Nearest(in, NearestOptions{Order: Closest})
		if err != nil {
			t.Fatal(err)
		}
		pairs := slices.Clone(m.Pairs)
		slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Distance, b.Distance) })
		gone := make([]bool, n)
		for _, p := range pairs {
			for i := range n {
				for j := range n {
					if in.Treated[i] && !in.Treated[j] && !gone[i] && !gone[j] && euclid(in.Points, i, j) < p.Distance*(1-1e-12) {
						t.Fatalf("seed %d: a closer pair was left", seed)
					}
				}
			}
			gone[p.Treated], gone[p.Comparison] = true, true
		}
	}
}

// The whitened distance is the Mahalanobis distance, formed with the inverse.
func TestWhiten(t *testing.T) {
	x, treated, _ := observational(3, 200, 4)
	sum := make([]float64, 200)
	for i := range sum {
		sum[i] = x[0][i] + x[1][i]
	}
	z, err := Whiten(append([][]float64{x[0], x[1], sum}, x[2:]...), treated, Mahalanobis)
	if err != nil || len(z) != 4 {
		t.Fatal(len(z), err)
	}
	var inverse mat.Dense
	if err := inverse.Inverse(mat.NewDense(4, 4, covariance(x, treated, true))); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		d := mat.NewVecDense(4, nil)
		for j := range x {
			d.SetVec(j, x[j][i]-x[j][i+100])
		}
		if want := math.Sqrt(mat.Inner(d, &inverse, d)); math.Abs(euclid(z, i, i+100)-want) > 1e-10 {
			t.Errorf("distance %g, want %g", euclid(z, i, i+100), want)
		}
	}
	if _, err := Whiten([][]float64{make([]float64, 200)}, treated, Mahalanobis); fault.CodeOf(err) != "constant_columns" {
		t.Error(err)
	}
	if _, err := Nearest(NearestInput{Treated: treated, Points: z}, NearestOptions{}); fault.StatusOf(err) != fault.Usage {
		t.Error(err)
	}
}

func BenchmarkBarMahalanobis(b *testing.B) {
	x, treated, _ := observational(2, 40_000, 5)
	z, err := Whiten(x, treated, Mahalanobis)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		opt  NearestOptions
	}{{"order=data", NearestOptions{Order: DataOrder, Workers: 1}}, {"order=closest", NearestOptions{Order: Closest, Workers: 1}}} {
		b.Run("n=40000/p=5/"+c.name, func(b *testing.B) {
			bar.Loop(b, bar.Bar{Time: time.Second}, func() {
				if _, err := Nearest(NearestInput{Treated: treated, Points: z}, c.opt); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
