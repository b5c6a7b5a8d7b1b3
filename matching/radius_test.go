package matching

import (
	"math"
	"testing"

	"tiltakseffekt/internal/random"
)

// The estimate and K by looping over all pairs; the error formula is that of Tied, proven in its own test.
func TestRadiusAgainstBruteForce(t *testing.T) {
	r := random.New(11, "radius brute force")
	done := 0
	for range 20000 {
		in, _ := problem(r)
		n := len(in.Treated)
		y := make([]float64, n)
		for i := range y {
			y[i] = r.NormFloat64()
		}
		opt := RadiusOptions{Estimand: Estimand(r.IntN(3)), Radius: float64(1+r.IntN(6)) / 4, Unit: CaliperRaw, Kernel: Kernel(r.IntN(3))}
		m, err := Radius(RadiusInput{Score: in.Score, Treated: in.Treated, Stratum: in.Stratum, Leave: in.Leave, Unit: in.Unit}, opt)
		if err != nil {
			continue
		}
		done++
		e, err := m.Effect(y)
		if err != nil {
			t.Fatal(err)
		}
		left := func(i int) bool { return in.Leave != nil && in.Leave[i] }
		sum, count, dropped, pairs := 0., 0., 0, 0
		weight := make([]float64, n)
		for i := range n {
			if left(i) || opt.Estimand == ATT && !in.Treated[i] || opt.Estimand == ATC && in.Treated[i] {
				continue
			}
			var near []int
			var shares []float64
			total := 0.
			for j := range n {
				u := (in.Score[i] - in.Score[j]) / opt.Radius
				w := [3]float64{1, 1 - u*u, math.Exp(-u * u / 2)}[opt.Kernel]
				if math.Abs(u) > [3]float64{1, 1, 5}[opt.Kernel] || w <= 0 {
					continue
				}
				if !left(j) && in.Treated[j] != in.Treated[i] && (in.Stratum == nil || in.Stratum[i] == in.Stratum[j]) && (in.Unit == nil || in.Unit[i] != in.Unit[j]) {
					near, shares = append(near, j), append(shares, w)
					total += w
				}
			}
			if near == nil {
				dropped++
				continue
			}
			mean := 0.
			for k, j := range near {
				mean += y[j] * shares[k] / total
				weight[j] += shares[k] / total
			}
			weight[i]++
			pairs += len(near)
			sign := 2*float64(group(in.Treated[i])) - 1
			sum += sign * (y[i] - mean)
			count++
		}
		if math.Abs(e.Estimate-sum/count) > 1e-10 || m.Dropped != dropped || m.Pairs != pairs {
			t.Fatalf("estimate %g, want %g; dropped %d, want %d: %+v %+v", e.Estimate, sum/count, m.Dropped, dropped, in, opt)
		}
		for i, w := range m.Weight() {
			if math.Abs(w-weight[i]) > 1e-10 {
				t.Fatalf("weight of row %d is %g, want %g", i, w, weight[i])
			}
		}
	}
	if done < 5000 {
		t.Errorf("only %d problems", done)
	}
}

// In the limit of a tiny radius it is matching to exact ties; in that of a huge one, the difference of means.
func TestRadiusLimits(t *testing.T) {
	x, treated, y := observational(6, 300, 2)
	m, err := Radius(RadiusInput{Score: x[0], Treated: treated}, RadiusOptions{Radius: 1e6, Unit: CaliperRaw})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := m.Effect(y)
	ones := make([]float64, 300)
	for i := range ones {
		ones[i] = 1
	}
	if d := WeightedDifference(ones, treated, y, nil, nil, 0); math.Abs(d.Estimate-e.Estimate) > 1e-10 {
		t.Errorf("%g and %g", d.Estimate, e.Estimate)
	}
	if _, err := Radius(RadiusInput{Score: x[0], Treated: treated}, RadiusOptions{}); err == nil {
		t.Error("no radius")
	}
}
