package regression

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// draw makes a random design with logit responses and weights.
func draw(seed uint64, n, p int) (x [][]float64, y, w []float64) {
	r := random.New(seed, "regression test")
	x = make([][]float64, p)
	for j := range x {
		x[j] = make([]float64, n)
		for i := range x[j] {
			x[j][i] = r.NormFloat64()*math.Pow(10, float64(j%4-1)) + float64(j)
		}
	}
	y, w = make([]float64, n), make([]float64, n)
	for i := range y {
		eta := -0.3
		for j := range x {
			eta += (x[j][i] - float64(j)) / math.Pow(10, float64(j%4-1)) * 0.4
		}
		if r.Float64() < 1/(1+math.Exp(-eta)) {
			y[i] = 1
		}
		w[i] = 0.2 + r.Float64()
	}
	return x, y, w
}

// At the optimum the score X'W(y − μ) vanishes and the covariance is the inverse of X'diag(wμ(1−μ))X, formed here the
// plain way.
func TestLogitScoreEquations(t *testing.T) {
	for seed := range uint64(20) {
		x, y, w := draw(seed, 200+int(seed)*50, 1+int(seed)%5)
		fit, err := Logit(x, y, w, LogitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		k := len(x) + 1
		info := mat.NewSymDense(k, nil)
		score := make([]float64, k)
		for i := range y {
			row := []float64{1}
			eta := fit.Coef[0]
			for j := range x {
				row = append(row, x[j][i])
				eta += fit.Coef[j+1] * x[j][i]
			}
			if math.Abs(eta-fit.Linear[i]) > 1e-10*(1+math.Abs(eta)) {
				t.Fatalf("linear predictor %g, from the coefficients %g", fit.Linear[i], eta)
			}
			for a := range row {
				score[a] += w[i] * (y[i] - fit.Fitted[i]) * row[a]
				for b := a; b < k; b++ {
					info.SetSym(a, b, info.At(a, b)+w[i]*fit.Fitted[i]*(1-fit.Fitted[i])*row[a]*row[b])
				}
			}
		}
		for a, s := range score {
			if math.Abs(s) > 1e-7*math.Sqrt(info.At(a, a)) {
				t.Errorf("seed %d: score %d is %g", seed, a, s)
			}
		}
		var inv mat.Dense
		if err := inv.Inverse(info); err != nil {
			t.Fatal(err)
		}
		for a := range k {
			for b := range k {
				if d := math.Abs(inv.At(a, b) - fit.Cov[a][b]); d > 1e-8*math.Sqrt(inv.At(a, a)*inv.At(b, b)) {
					t.Errorf("seed %d: covariance %d,%d: %g, want %g", seed, a, b, fit.Cov[a][b], inv.At(a, b))
				}
			}
		}
	}
}

func TestWorkersAndInputs(t *testing.T) {
	x, y, w := draw(3, 70000, 4)
	copied, cy, cw := draw(3, 70000, 4)
	one, err := Logit(x, y, w, LogitOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	five, _ := Logit(x, y, w, LogitOptions{Workers: 5})
	if !reflect.DeepEqual(one, five) {
		t.Error("the fit depends on the number of workers")
	}
	if !reflect.DeepEqual(x, copied) || !reflect.DeepEqual(y, cy) || !reflect.DeepEqual(w, cw) {
		t.Error("inputs were changed")
	}
}

// Weights of 2 are rows given twice; weights of 0 are rows not given.
func TestWeightsAreDuplication(t *testing.T) {
	x, y, _ := draw(5, 300, 3)
	w := make([]float64, len(y))
	var dx [][]float64 = make([][]float64, len(x))
	var dy []float64
	for i := range w {
		w[i] = float64(i % 3)
		for range i % 3 {
			dy = append(dy, y[i])
			for j := range x {
				dx[j] = append(dx[j], x[j][i])
			}
		}
	}
	for _, link := range []Link{LogitLink, ProbitLink} {
		a, err := Logit(x, y, w, LogitOptions{Link: link})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := Logit(dx, dy, nil, LogitOptions{Link: link})
		near(t, "coefficients", a.Coef, b.Coef, 1e-10)
		near(t, "errors", a.StdError(), b.StdError(), 1e-9)
	}
	a, err := WLS(x[:2], x[2], w)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := WLS(dx[:2], dx[2], nil)
	near(t, "least squares", a.Coef, b.Coef, 1e-11)
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > tol*math.Max(1, math.Abs(want[i])) {
			t.Errorf("%s[%d]: %.14g, want %.14g", what, i, got[i], want[i])
		}
	}
}

func TestDropped(t *testing.T) {
	x, y, w := draw(7, 500, 3)
	sum, constant := make([]float64, len(y)), make([]float64, len(y))
	for i := range sum {
		sum[i], constant[i] = 3*x[0][i]-x[1][i]+1, 0.1
	}
	design := [][]float64{x[0], constant, x[1], sum, x[2]}
	fit, err := Logit(design, y, w, LogitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := Logit(x, y, w, LogitOptions{})
	if !reflect.DeepEqual(fit.Dropped, []int{1, 3}) {
		t.Fatalf("dropped %v", fit.Dropped)
	}
	near(t, "coefficients", []float64{fit.Coef[0], fit.Coef[1], fit.Coef[3], fit.Coef[5]}, plain.Coef, 1e-10)
	linear, err := WLS(design, y, w)
	if err != nil || !reflect.DeepEqual(linear.Dropped, []int{1, 3}) || linear.Rank != 4 {
		t.Errorf("linear: %v, dropped %v, rank %d", err, linear.Dropped, linear.Rank)
	}
}

func TestSeparation(t *testing.T) {
	n := 400
	x, y, _ := draw(11, n, 3)
	level, onlyTreated := make([]float64, n), make([]float64, n)
	a, b := make([]float64, n), make([]float64, n)
	r := random.New(1, "separation")
	for i := range n {
		if y[i] == 1 && i%5 == 0 {
			level[i] = 1
		}
		onlyTreated[i] = y[i]
		a[i] = r.NormFloat64()
		b[i] = (2*y[i]-1)*(0.1+r.Float64()) - a[i] // a + b separates, neither alone
	}
	for _, c := range []struct {
		name  string
		x     [][]float64
		names []string
		want  []string
	}{
		{"a level that only one group has", [][]float64{x[0], level, x[1]}, []string{"age", "region=nord", "educ"}, []string{"region=nord"}},
		{"a copy of the response", [][]float64{x[0], onlyTreated}, []string{"age", "copy"}, []string{"copy"}},
		{"a combination", [][]float64{x[0], a, b}, []string{"age", "a", "b"}, []string{"a", "b"}},
	} {
		for _, link := range []Link{LogitLink, ProbitLink} {
			_, err := Logit(c.x, y, nil, LogitOptions{Names: c.names, Link: link})
			var s *SeparationError
			if !errors.As(err, &s) {
				t.Errorf("%s, %v: %v", c.name, link, err)
				continue
			}
			for _, w := range c.want {
				found := false
				for _, got := range s.Names {
					found = found || got == w
				}
				if !found {
					t.Errorf("%s, %v: names %v", c.name, link, s.Names)
				}
			}
			if fault.StatusOf(err) != fault.Data || fault.CodeOf(err) != "separation" {
				t.Errorf("%s: status %v, code %s", c.name, fault.StatusOf(err), fault.CodeOf(err))
			}
		}
		fit, err := Logit(c.x, y, nil, LogitOptions{Penalised: true})
		if err != nil || !fit.Converged {
			t.Errorf("%s, penalised: %v, %+v", c.name, err, fit)
		}
	}
}

// Strong but finite selection is not separation.
func TestStrongSelectionIsNotSeparation(t *testing.T) {
	r := random.New(2, "strong")
	for range 50 {
		n := 150
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
			if r.Float64() < 1/(1+math.Exp(-6*x[i])) {
				y[i] = 1
			}
		}
		x[0], y[0], x[1], y[1] = -1, 1, 1, 0 // an overlap by hand
		if fit, err := Logit([][]float64{x}, y, nil, LogitOptions{}); err != nil || !fit.Converged {
			t.Fatalf("%v", err)
		}
	}
}

// For a saturated 2×2 table the penalised fit adds ½ to each cell (Firth 1993).
func TestPenalisedTable(t *testing.T) {
	cells := [2][2]int{{7, 3}, {5, 0}} // x, y; an empty cell
	var x, y []float64
	for a := range 2 {
		for b := range 2 {
			for range cells[a][b] {
				x, y = append(x, float64(a)), append(y, float64(b))
			}
		}
	}
	fit, err := Logit([][]float64{x}, y, nil, LogitOptions{Penalised: true})
	if err != nil {
		t.Fatal(err)
	}
	logit0 := math.Log(3.5 / 7.5)
	logit1 := math.Log(0.5 / 5.5)
	near(t, "penalised", fit.Coef, []float64{logit0, logit1 - logit0}, 1e-7)
}

// Every covariance against the plain formulas with gonum matrices.
func TestRobustAgainstDense(t *testing.T) {
	for seed := range uint64(15) {
		x, y, w := draw(seed+100, 60, 3)
		if seed%3 == 0 {
			w = nil
		} else if seed%3 == 1 {
			w[4], w[17] = 0, 0
		}
		groups, other := make([]int32, len(y)), make([]int32, len(y))
		for i := range groups {
			groups[i], other[i] = int32(i*7%13), int32(i%5)
		}
		for i := range y {
			y[i] += x[0][i] * 0.1
		}
		fit, err := WLS(x, y, w)
		if err != nil {
			t.Fatal(err)
		}
		d := newDense(x, y, w)
		near(t, "coefficients", fit.Coef, d.coef, 1e-9)
		same(t, fmt.Sprint(seed, " HC0"), fit.CovRobust(HC0), d.hc(HC0))
		same(t, fmt.Sprint(seed, " HC1"), fit.CovRobust(HC1), d.hc(HC1))
		same(t, fmt.Sprint(seed, " HC3"), fit.CovRobust(HC3), d.hc(HC3))
		for _, opt := range []ClusterOptions{{}, {true, false}, {true, true}} {
			same(t, fmt.Sprint(seed, " one way"), fit.CovCluster(opt, groups), d.cluster(opt, groups))
			both := make([]int32, len(y))
			for i := range both {
				both[i] = groups[i]*5 + other[i]
			}
			var want mat.Dense
			want.Add(d.cluster(ClusterOptions{opt.Groups, opt.Residuals}, groups), d.cluster(opt, other))
			want.Sub(&want, d.cluster(opt, both))
			same(t, fmt.Sprint(seed, " two ways"), fit.CovCluster(opt, groups, other), &want)
		}
	}
}

type dense struct {
	x     *mat.Dense
	inv   mat.Dense
	r, w  []float64
	coef  []float64
	n, k  int
	given int
}

func newDense(x [][]float64, y, w []float64) *dense {
	d := &dense{n: len(y), k: len(x) + 1, w: w}
	if w == nil {
		d.w = make([]float64, d.n)
		for i := range d.w {
			d.w[i] = 1
		}
	}
	d.x = mat.NewDense(d.n, d.k, nil)
	wx := mat.NewDense(d.n, d.k, nil)
	for i := range d.n {
		if d.w[i] > 0 {
			d.given++
		}
		for j := range d.k {
			v := 1.
			if j > 0 {
				v = x[j-1][i]
			}
			d.x.Set(i, j, v)
			wx.Set(i, j, v*d.w[i])
		}
	}
	var gram, xy, b mat.Dense
	gram.Mul(wx.T(), d.x)
	xy.Mul(wx.T(), mat.NewDense(d.n, 1, y))
	if err := d.inv.Inverse(&gram); err != nil {
		panic(err)
	}
	b.Mul(&d.inv, &xy)
	d.coef = mat.Col(nil, 0, &b)
	for i := range d.n {
		d.r = append(d.r, y[i]-mat.Dot(d.x.RowView(i), b.ColView(0)))
	}
	return d
}

func (d *dense) hc(kind HC) *mat.Dense {
	meat := mat.NewDense(d.k, d.k, nil)
	for i := range d.n {
		row := d.x.RowView(i)
		s := d.w[i] * d.r[i]
		if kind == HC3 {
			var h mat.VecDense
			h.MulVec(&d.inv, row)
			s /= 1 - d.w[i]*mat.Dot(row, &h)
		}
		var outer mat.Dense
		outer.Outer(s*s, row, row)
		meat.Add(meat, &outer)
	}
	if kind == HC1 {
		meat.Scale(float64(d.given)/float64(d.given-d.k), meat)
	}
	var v mat.Dense
	v.Product(&d.inv, meat, &d.inv)
	return &v
}

func (d *dense) cluster(opt ClusterOptions, groups []int32) *mat.Dense {
	scores := map[int32]*mat.VecDense{}
	for i := range d.n {
		if d.w[i] == 0 {
			continue
		}
		if scores[groups[i]] == nil {
			scores[groups[i]] = mat.NewVecDense(d.k, nil)
		}
		scores[groups[i]].AddScaledVec(scores[groups[i]], d.w[i]*d.r[i], d.x.RowView(i))
	}
	meat := mat.NewDense(d.k, d.k, nil)
	for _, s := range scores {
		var outer mat.Dense
		outer.Outer(1, s, s)
		meat.Add(meat, &outer)
	}
	g, n := float64(len(scores)), float64(d.given)
	if opt.Groups {
		meat.Scale(g/(g-1), meat)
	}
	if opt.Residuals {
		meat.Scale((n-1)/(n-float64(d.k)), meat)
	}
	var v mat.Dense
	v.Product(&d.inv, meat, &d.inv)
	return &v
}

func same(t *testing.T, what string, got [][]float64, want *mat.Dense) {
	t.Helper()
	for r := range got {
		for c := range got {
			if d := math.Abs(got[r][c] - want.At(r, c)); d > 1e-8*math.Sqrt(math.Abs(want.At(r, r)*want.At(c, c)))+1e-14 {
				t.Errorf("%s: [%d][%d] %g, want %g", what, r, c, got[r][c], want.At(r, c))
			}
		}
	}
}

func TestRefused(t *testing.T) {
	x, y, _ := draw(1, 50, 2)
	x[1][7] = math.NaN()
	_, err := Logit(x, y, nil, LogitOptions{Names: []string{"age", "educ"}})
	if fault.CodeOf(err) != "not_finite" || fault.StatusOf(err) != fault.Data {
		t.Errorf("%v", err)
	}
	x[1][7] = 0
	if _, err := Logit(x, make([]float64, 50), nil, LogitOptions{}); fault.CodeOf(err) != "too_few_rows" {
		t.Errorf("%v", err)
	}
	y[3] = 2
	if _, err := Logit(x, y, nil, LogitOptions{}); fault.CodeOf(err) != "not_binary" {
		t.Errorf("%v", err)
	}
}

func BenchmarkBarLogit(b *testing.B) {
	const n, p = 1_000_000, 20
	x, y, _ := draw(1, n, p)
	b.Run("n=1000000/p=20/workers=1", func(b *testing.B) {
		bar.Loop(b, bar.Bar{Time: 2 * time.Second, Memory: 64e6}, func() {
			if _, err := Logit(x, y, nil, LogitOptions{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		})
	})
}
