package duration

import (
	"math"

	"tiltakseffekt/internal/parallel"
)

// timingEvaluation holds the log-likelihood with its derivatives, and what a search for a new point needs.
type timingEvaluation struct {
	value   float64
	score   []float64
	hessian []float64 // full and symmetric; nil where it is not wanted
	outer   []float64 // Σ_i s_i s_i′, with hessian only; its diagonal alone unless full
	full    bool
	logL    []float64 // of each person
	a, k    []float64 // A and K of each person × state
	blocks  []timingBlock
}

type timingBlock struct {
	value                 float64
	score, hessian, outer []float64
}

func (d *timingData) newEvaluation(points int, second bool) *timingEvaluation {
	P := d.parameters(points)
	e := &timingEvaluation{score: make([]float64, P), logL: make([]float64, d.persons), a: make([]float64, d.persons*d.states), k: make([]float64, d.persons*d.states)}
	e.blocks = make([]timingBlock, parallel.NumBlocks(d.persons, d.block()))
	for b := range e.blocks {
		e.blocks[b].score = make([]float64, P)
		if second {
			e.blocks[b].hessian, e.blocks[b].outer = make([]float64, P*P), make([]float64, P*P)
		}
	}
	if second {
		e.hessian, e.outer = make([]float64, P*P), make([]float64, P*P)
	}
	return e
}

// evaluate fills e at theta.
func (d *timingData) evaluate(theta []float64, points int, e *timingEvaluation) {
	d.blocks(func(b, from, to int) {
		t := &e.blocks[b]
		t.value = 0
		clear(t.score)
		clear(t.hessian)
		clear(t.outer)
		w := d.newWork(theta, points)
		for i := from; i < to; i++ {
			d.person(i, w, e, t)
		}
	})
	e.value = 0
	clear(e.score)
	clear(e.hessian)
	clear(e.outer)
	P := len(theta)
	for _, t := range e.blocks {
		e.value += t.value
		add(e.score, t.score)
		if e.hessian != nil {
			add(e.hessian, t.hessian)
			add(e.outer, t.outer)
		}
	}
	if e.hessian != nil { // only the lower triangle was summed
		for i := range P {
			for j := range i {
				e.hessian[j*P+i], e.outer[j*P+i] = e.hessian[i*P+j], e.outer[i*P+j]
			}
		}
	}
}

// timingWork is the scratch of one worker.
type timingWork struct {
	theta    []float64
	J        int
	hazard   []float64   // exp(v) at [j*S+s]
	logP, p  []float64   // of points
	post     []float64   // of points, given the person
	u        []float64   // N − A exp(v) at [j*S+s]
	c        []float64   // Σ_j post exp(v) by state
	r        []float64   // (stop−start) exp(x′β) of the person's rows, by row × state
	rx       [][]float64 // Σ r x by state
	s        []float64   // score of the person
	variance []float64   // Cov over points of exp(v_s), exp(v_t)
}

func (d *timingData) newWork(theta []float64, J int) *timingWork {
	S := d.states
	w := &timingWork{theta: theta, J: J, hazard: make([]float64, J*S), logP: make([]float64, J), p: make([]float64, J), post: make([]float64, J),
		u: make([]float64, J*S), c: make([]float64, S), s: make([]float64, len(theta)), variance: make([]float64, S*S)}
	base := d.coefficients()
	for k := range w.hazard {
		w.hazard[k] = math.Exp(theta[base+k])
	}
	top, sum := 0., 0.
	odds := theta[base+J*S:]
	for _, a := range odds {
		top = max(top, a)
	}
	for j := range J {
		if j > 0 {
			w.logP[j] = odds[j-1]
		}
		sum += math.Exp(w.logP[j] - top)
	}
	total := top + math.Log(sum)
	for j := range J {
		w.logP[j] -= total
		w.p[j] = math.Exp(w.logP[j])
	}
	for s := range S {
		w.rx = append(w.rx, make([]float64, len(d.columns[s])))
	}
	return w
}

func (d *timingData) person(i int, w *timingWork, e *timingEvaluation, t *timingBlock) {
	S, J := d.states, w.J
	n, A, K := d.n[i*S:(i+1)*S], e.a[i*S:(i+1)*S], e.k[i*S:(i+1)*S]
	rows := int(d.first[i+1] - d.first[i])
	if need := rows * S; len(w.r) < need {
		w.r = make([]float64, need)
	}
	clear(A)
	clear(K)
	for s := range S {
		clear(w.rx[s])
	}
	for a := d.first[i]; a < d.first[i+1]; a++ {
		x := d.x[int(a)*d.width : int(a+1)*d.width]
		event := int(d.in.Event[d.row[a]]) - 1
		for s := range S {
			w.r[int(a-d.first[i])*S+s] = 0
			if !d.atRisk(a, s) {
				continue
			}
			eta := 0.
			for q, j := range d.columns[s] {
				eta += x[j] * w.theta[d.at[s]+q]
			}
			r := d.length[a] * math.Exp(eta)
			w.r[int(a-d.first[i])*S+s] = r
			A[s] += r
			if event == s {
				K[s] += eta
			}
			for q, j := range d.columns[s] {
				w.rx[s][q] += r * x[j]
			}
		}
	}
	// Points: posterior by log-sum-exp.
	base := d.coefficients()
	top := math.Inf(-1)
	fixed := 0.
	for s := range S {
		fixed += K[s]
	}
	for j := range J {
		l := w.logP[j]
		for s := range S {
			h := w.hazard[j*S+s]
			l -= A[s] * h
			if n[s] > 0 {
				l += n[s] * w.theta[base+j*S+s]
			}
			w.u[j*S+s] = n[s] - A[s]*h
		}
		w.post[j] = l
		top = max(top, l)
	}
	sum := 0.
	for j := range J {
		w.post[j] = math.Exp(w.post[j] - top)
		sum += w.post[j]
	}
	e.logL[i] = fixed + top + math.Log(sum)
	t.value += e.logL[i]
	clear(w.c)
	for j := range J {
		w.post[j] /= sum
		for s := range S {
			w.c[s] += w.post[j] * w.hazard[j*S+s]
		}
	}
	// Score.
	for s := range S {
		for q, v := range w.rx[s] {
			w.s[d.at[s]+q] = -w.c[s] * v
		}
	}
	for a := d.first[i]; a < d.first[i+1]; a++ {
		if s := int(d.in.Event[d.row[a]]) - 1; s >= 0 {
			for q, j := range d.columns[s] {
				w.s[d.at[s]+q] += d.x[int(a)*d.width+j]
			}
		}
	}
	for j := range J {
		for s := range S {
			w.s[base+j*S+s] = w.post[j] * w.u[j*S+s]
		}
		if j > 0 {
			w.s[base+J*S+j-1] = w.post[j] - w.p[j]
		}
	}
	add(t.score, w.s)
	if t.hessian != nil {
		d.second(i, w, t, A, e.full)
	}
}

// second adds the person's part of the lower triangles. The Hessian of log Σ p_j L_j is the mean over points, given the
// person, of the Hessian of log L_j, plus the covariance over points of its score.
func (d *timingData) second(i int, w *timingWork, t *timingBlock, A []float64, full bool) {
	S, J, P := d.states, w.J, len(w.theta)
	base := d.coefficients()
	H := t.hessian
	for a, v := range w.s {
		t.outer[a*P+a] += v * v
		if !full {
			continue
		}
		row := t.outer[a*P : a*P+a]
		for b := range row {
			row[b] += v * w.s[b]
		}
	}
	for s := range S {
		for r := range S {
			v := -w.c[s] * w.c[r]
			for j := range J {
				v += w.post[j] * w.hazard[j*S+s] * w.hazard[j*S+r]
			}
			w.variance[s*S+r] = v
		}
	}
	for s := range S {
		for a := d.first[i]; a < d.first[i+1]; a++ {
			r := w.r[int(a-d.first[i])*S+s] * w.c[s]
			if r == 0 {
				continue
			}
			x := d.x[int(a)*d.width : int(a+1)*d.width]
			for q, j := range d.columns[s] {
				for m := range q + 1 {
					H[(d.at[s]+q)*P+d.at[s]+m] -= r * x[j] * x[d.columns[s][m]]
				}
			}
		}
		for r := range s + 1 {
			v := w.variance[s*S+r]
			for q, y := range w.rx[s] {
				for m, z := range w.rx[r] {
					if r < s || m <= q {
						H[(d.at[s]+q)*P+d.at[r]+m] += v * y * z
					}
				}
			}
		}
	}
	for j := range J {
		for s := range S {
			row := (base + j*S + s) * P
			us := w.post[j] * w.u[j*S+s]
			for r := range S { // with β_r
				f := us * (w.hazard[j*S+r] - w.c[r])
				if r == s {
					f += w.post[j] * w.hazard[j*S+s]
				}
				for q, y := range w.rx[r] {
					H[row+d.at[r]+q] -= f * y
				}
			}
			// With v of points up to j: −post_j u_j post_k u_k, whose second factor is the score of the person.
			mine, other := H[row+base:row+base+j*S+s+1], w.s[base:base+j*S+s+1]
			for k, v := range other {
				mine[k] -= us * v
			}
			for r := range s + 1 {
				mine[j*S+r] += us * w.u[j*S+r]
			}
			mine[j*S+s] -= w.post[j] * A[s] * w.hazard[j*S+s]
		}
	}
	for k := 1; k < J; k++ {
		row := (base + J*S + k - 1) * P
		for r := range S {
			f := w.post[k] * (w.hazard[k*S+r] - w.c[r])
			for q, y := range w.rx[r] {
				H[row+d.at[r]+q] -= f * y
			}
		}
		for j := range J {
			f := -w.post[j] * w.post[k]
			if j == k {
				f += w.post[j]
			}
			for s := range S {
				H[row+base+j*S+s] += f * w.u[j*S+s]
			}
		}
		for m := 1; m <= k; m++ {
			v := -w.post[k]*w.post[m] + w.p[k]*w.p[m]
			if m == k {
				v += w.post[k] - w.p[k]
			}
			H[row+base+J*S+m-1] += v
		}
	}
}
