package did

import (
	"math"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// set.seed(0); rnorm(5) and set.seed(0); runif(2) as R prints them.
func TestRDraws(t *testing.T) {
	r := newRDraws(0)
	for i, want := range []float64{1.262954285, -0.326233361, 1.329799263, 1.272429321, 0.414641434} {
		if got := r.normal(); math.Abs(got-want) > 6e-10 {
			t.Errorf("draw %d: %.10f, want %v", i, got, want)
		}
	}
	u := newRDraws(0)
	for i, want := range []float64{0.8966972, 0.2655087} {
		if got := u.uniform(); math.Abs(got-want) > 6e-8 {
			t.Errorf("uniform %d: %.8f, want %v", i, got, want)
		}
	}
	if q := rQuantile([]float64{1, 2, 4, 8}, .5); q != 3 {
		t.Errorf("median %v", q)
	}
}

// With HonestDiD's own draws and grid the bounds are its own: each end is the same point of its grid of 1,000, in the default
// grid and in the wide one, for single periods and for the mean of all; and the fixed-length intervals agree to 1e-5: ECOS leaves
// 1e-6 in the weights.
func TestLikeHonestDiD(t *testing.T) {
	c := benzartiCarloni(t)
	ref := oracle.JSON(t, "honestdid_bc/result.json")
	wide := oracle.JSON(t, "honestdid_bc/result_widegrid.json")
	run := func(e oracle.Node, name string, r Restriction, o HonestOptions, bounds string, tol float64) {
		for i, m := range e.At(bounds).Floats() {
			low, high, err := Honest(c, targetOf(name), r, m, o)
			if err != nil {
				t.Fatal(err)
			}
			e.At("lb").List()[i].NearAbs(low, tol)
			e.At("ub").List()[i].NearAbs(high, tol)
		}
	}
	like := HonestOptions{LikeHonestDiD: true}
	for _, name := range []string{"l_vec_e1", "l_vec_e2", "l_vec_mean"} {
		run(ref.At(name, "relative_magnitude_C_LF"), name, RelativeMagnitude, like, "Mbar", 1e-9)
		if name == "l_vec_mean" {
			continue
		}
		run(ref.At(name, "smoothness_FLCI"), name, Smoothness, like, "M", 1e-5)
		run(wide.At(name), name, RelativeMagnitude, HonestOptions{LikeHonestDiD: true, Grid: [2]float64{-1, 1.2}}, "Mbar", 1e-9)
	}
	run(ref.At("l_vec_e1", "smoothness_C_LF"), "l_vec_e1", Smoothness, HonestOptions{LikeHonestDiD: true, Hybrid: true}, "M", 1e-9)
}
