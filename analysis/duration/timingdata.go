package duration

import (
	"context"
	"math"

	"tiltakseffekt/internal/parallel"
)

// timingData are the rows by person, with what does not depend on the parameters. Parameters stand in the order: for each
// state its coefficients; then for each point its log hazards by state; then the log-odds of points 2, 3, ….
type timingData struct {
	in      *TimingInput
	persons int
	states  int
	workers int
	row     []int32 // rows by person
	first   []int32 // rows of person i are row[first[i]:first[i+1]]
	width   int     // columns of x: covariates, then during and after where they occur
	x       []float64
	names   []string
	mean    []float64
	scale   []float64
	columns [][]int // of each state
	at      []int   // first coefficient of each state; one more at the end
	length  []float64
	n       []float64 // exits, person × state
	events  []float64 // exits of each state
}

func newTimingData(in *TimingInput, standardise bool, workers int) *timingData {
	rows := len(in.Stop)
	d := &timingData{in: in, states: len(in.States), workers: workers}
	place := make([]int32, in.Persons+1)
	for _, p := range in.Person {
		place[p+1]++
	}
	for i := range in.Persons {
		if place[i+1] > 0 { // persons without rows are not there
			d.persons++
		}
		place[i+1] += place[i]
	}
	d.row = make([]int32, rows)
	next := append([]int32(nil), place...)
	for k, p := range in.Person {
		d.row[next[p]] = int32(k)
		next[p]++
	}
	d.first = append(d.first, 0)
	for i := range in.Persons {
		if place[i+1] > place[i] {
			d.first = append(d.first, place[i+1])
		}
	}
	occurs := [3]bool{}
	for _, g := range in.Program {
		occurs[g] = true
	}
	d.names = append(d.names, in.X.Names...)
	program := []int32{}
	for g, name := range []string{"", during, after} {
		if g > 0 && occurs[g] {
			d.names = append(d.names, name)
			program = append(program, int32(g))
		}
	}
	d.width = len(d.names)
	d.mean, d.scale = make([]float64, d.width), make([]float64, d.width)
	d.x = make([]float64, rows*d.width)
	for j := range d.width {
		m, s := 0., 1.
		value := func(k int32) float64 {
			if j < len(in.X.Columns) {
				return in.X.Columns[j][k]
			}
			if in.Program[k] == program[j-len(in.X.Columns)] {
				return 1
			}
			return 0
		}
		if standardise && j < len(in.X.Columns) {
			for _, k := range d.row {
				m += value(k) / float64(rows)
			}
			v := 0.
			for _, k := range d.row {
				v += (value(k) - m) * (value(k) - m) / float64(rows)
			}
			if s = math.Sqrt(v); !(s > 1e-12*math.Abs(m)) {
				s = 1
			}
		}
		d.mean[j], d.scale[j] = m, s
		for a, k := range d.row {
			d.x[a*d.width+j] = (value(k) - m) / s
		}
	}
	d.length = make([]float64, rows)
	d.n = make([]float64, d.persons*d.states)
	d.events = make([]float64, d.states)
	for i := range d.persons {
		for a := d.first[i]; a < d.first[i+1]; a++ {
			k := d.row[a]
			d.length[a] = in.Stop[k] - in.Start[k]
			if e := in.Event[k]; e > 0 {
				d.n[i*d.states+int(e)-1]++
				d.events[e-1]++
			}
		}
	}
	d.at = append(d.at, 0)
	for s := range d.states {
		var columns []int
		for j := range d.width {
			if j < len(in.X.Columns) || s+1 != in.Entry {
				columns = append(columns, j)
			}
		}
		d.columns = append(d.columns, columns)
		d.at = append(d.at, d.at[s]+len(columns))
	}
	return d
}

// late counts the persons whose first row starts after 0.
func (d *timingData) late() int {
	n := 0
	for i := range d.persons {
		first := math.Inf(1)
		for _, k := range d.row[d.first[i]:d.first[i+1]] {
			first = min(first, d.in.Start[k])
		}
		if first > 0 {
			n++
		}
	}
	return n
}

// coefficients is the number of β, the same for any number of points.
func (d *timingData) coefficients() int { return d.at[d.states] }

func (d *timingData) parameters(points int) int {
	return d.coefficients() + d.states*points + points - 1
}

// atRisk tells whether a row can end in the state.
func (d *timingData) atRisk(a int32, s int) bool {
	return s+1 != d.in.Entry || d.in.Program[d.row[a]] == 0
}

// alias names the covariates that are determined by the others, by the information of a state at the rows at risk.
func (d *timingData) alias() []string {
	e := d.newEvaluation(1, true)
	theta := d.start()
	d.evaluate(theta, 1, e)
	var out []string
	P := len(theta)
	for s := range d.states {
		q := len(d.columns[s])
		index := make([]int, 0, q+1)
		index = append(index, d.coefficients()+s) // the constant first
		for j := range q {
			index = append(index, d.at[s]+j)
		}
		m := make([]float64, len(index)*len(index))
		for a, i := range index {
			for b, j := range index {
				m[a*len(index)+b] = -e.hessian[i*P+j]
			}
		}
		for a := range index {
			pivot := m[a*len(index)+a]
			if !(pivot > 1e-9*-e.hessian[index[a]*P+index[a]]) {
				out = append(out, d.names[d.columns[s][a-1]])
				break
			}
			for i := a + 1; i < len(index); i++ {
				f := m[i*len(index)+a] / pivot
				for j := a; j < len(index); j++ {
					m[i*len(index)+j] -= f * m[a*len(index)+j]
				}
			}
		}
	}
	return out
}

// start is one point with the mean hazards.
func (d *timingData) start() []float64 {
	theta := make([]float64, d.parameters(1))
	for s := range d.states {
		total := 0.
		for a := range d.length {
			if d.atRisk(int32(a), s) {
				total += d.length[a]
			}
		}
		theta[d.coefficients()+s] = math.Log(d.events[s] / total)
	}
	return theta
}

// block is the size of the pieces over which sums are made. It depends on the number of persons only, so that sums do
// not depend on workers; at most 64 pieces hold a Hessian each.
func (d *timingData) block() int { return max(512, (d.persons+63)/64) }

func (d *timingData) blocks(task func(block, from, to int)) {
	err := parallel.Blocks(context.Background(), d.workers, d.persons, d.block(), func(b, from, to int) error {
		task(b, from, to)
		return nil
	})
	if err != nil {
		panic(err) // only a panic of a task can arrive here
	}
}

// pieces cuts n places of a search, each of which takes a pass over the persons, into pieces.
func (d *timingData) pieces(n int, task func(from, to int)) {
	if err := parallel.Blocks(context.Background(), d.workers, n, 64, func(_, from, to int) error {
		task(from, to)
		return nil
	}); err != nil {
		panic(err) // only a panic of a task can arrive here
	}
}
