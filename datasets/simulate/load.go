package simulate

import (
	"context"
	"fmt"
	"math"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// LoadPaths reads the starts and their reference paths back from counterfactual.parquet: the same that Generate gives
// in Register.Paths. It refuses (status 3) a file that Write cannot have written.
func LoadPaths(ctx context.Context, file string) (*Paths, error) {
	t, err := datasets.Read(ctx, file, datasets.ReadOptions{Columns: pathColumns(), Unchecked: true})
	if err != nil {
		return nil, err
	}
	r, err := newPathReader(t, file)
	if err != nil {
		return nil, err
	}
	for i := range t.Rows {
		if err := r.row(i); err != nil {
			return nil, err
		}
	}
	return r.finish()
}

func pathColumns() []string {
	names := []string{"deltakelse_id", "person_id", "tiltakskode", "start_dato", "path", "maaned", "stillingsprosent", "lonn", "tiltakslonn"}
	return append(append(names, benefitNames[:]...), pathFlags[:]...)
}

// pathReader takes the rows of counterfactual.parquet in their order.
type pathReader struct {
	file           string
	ids, pids      []int64
	codes, kinds   *datasets.Column
	starts, months []calendar.Date
	position, wage []float64
	subsidised     []bool
	flags          [len(benefitNames) + len(pathFlags)][]bool

	out   *Paths
	which Which
}

func newPathReader(t *datasets.Table, file string) (*pathReader, error) {
	r := &pathReader{file: file, out: &Paths{at: []int{0}}}
	var err error
	ints := func(name string) (v []int64) {
		if err == nil {
			v, _, err = t.Column(name).AsInts()
		}
		return v
	}
	dates := func(name string) (v []calendar.Date) {
		if err == nil {
			v, _, err = t.Column(name).AsDates()
		}
		return v
	}
	floats := func(name string) (v []float64) {
		if err == nil {
			v, err = t.Column(name).AsFloats()
		}
		return v
	}
	bools := func(name string) (v []bool) {
		if err == nil {
			v, _, err = t.Column(name).AsBools()
		}
		return v
	}
	r.ids, r.pids = ints("deltakelse_id"), ints("person_id")
	r.codes, r.kinds = t.Column("tiltakskode"), t.Column("path")
	r.starts, r.months = dates("start_dato"), dates("maaned")
	r.position, r.wage, r.subsidised = floats("stillingsprosent"), floats("lonn"), bools("tiltakslonn")
	for i, name := range append(append([]string(nil), benefitNames[:]...), pathFlags[:]...) {
		r.flags[i] = bools(name)
	}
	if err != nil {
		return nil, err
	}
	for _, c := range []*datasets.Column{r.codes, r.kinds} {
		if c.Kind != datasets.String {
			return nil, fault.Dataf("wrong_type", file, c.Name, "column `%s` must be text; let `evaluate simulate` write the file", c.Name)
		}
	}
	return r, nil
}

func (r *pathReader) refuse(i int, column, why string, args ...any) error {
	return fault.Dataf("bad_paths", r.file, column, "row %d: %s: the file is not as `evaluate simulate` writes it; simulate the register again",
		i+1, fmt.Sprintf(why, args...)).At(int64(i + 1))
}

// row adds a row to the path it belongs to, with empty months before it where the file has none.
func (r *pathReader) row(i int) error {
	for _, c := range []*datasets.Column{r.codes, r.kinds} {
		if c.Missing(i) {
			return r.refuse(i, c.Name, "`%s` is missing", c.Name)
		}
	}
	which := Follow
	switch r.kinds.Text(i) {
	case Follow.String():
	case None.String():
		which = None
	default:
		return r.refuse(i, "path", "`path` is `%s`, neither follow nor none", r.kinds.Text(i))
	}
	p := r.out
	n := len(p.Starts)
	if n == 0 || p.Starts[n-1].DeltakelseID != r.ids[i] {
		if n > 0 && (p.Starts[n-1].DeltakelseID > r.ids[i] || r.which != None) || which != Follow {
			return r.refuse(i, "deltakelse_id", "start %d does not begin with path follow, or stands out of order", r.ids[i])
		}
		p.Starts = append(p.Starts, Start{r.ids[i], r.pids[i], r.codes.Text(i), r.starts[i]})
		p.at = append(p.at, p.at[len(p.at)-1])
	} else if which != r.which {
		if which != None {
			return r.refuse(i, "path", "path follow of start %d stands after path none", r.ids[i])
		}
		p.at = append(p.at, p.at[len(p.at)-1])
	}
	r.which = which
	end := &p.at[len(p.at)-1]
	begun := *end - p.at[len(p.at)-2]
	h := int(r.months[i].Month() - p.Starts[len(p.Starts)-1].Date.Month())
	switch {
	case h < 0 || h > Horizon:
		return r.refuse(i, "maaned", "month %s is not within %d months of the start", r.months[i].Month(), Horizon)
	case begun == 0 && h != 0:
		return r.refuse(i, "maaned", "the path does not begin in the month of the start")
	case h < begun-1 || h == begun-1 && r.subsidised[i]:
		return r.refuse(i, "maaned", "month %s stands twice or out of order", r.months[i].Month())
	}
	m := &p.months
	for begun <= h {
		m.Position, m.Ordinary = append(m.Position, 0), append(m.Ordinary, 0)
		m.Wage, m.OrdinaryWage = append(m.Wage, 0), append(m.OrdinaryWage, 0)
		m.State = append(m.State, register.Observed)
		begun++
		*end++
	}
	at := *end - 1
	if !(r.position[i] >= 0 && r.position[i] <= 655) || !(math.Abs(r.wage[i]) <= 2e7) {
		return r.refuse(i, "stillingsprosent", "`stillingsprosent` or `lonn` is missing or out of range")
	}
	position, wage := uint16(math.Round(r.position[i]*100)), int32(math.Round(r.wage[i]*100))
	m.Position[at] += position
	m.Wage[at] += wage
	if r.subsidised[i] {
		m.State[at] |= register.TiltakWage
	} else {
		m.Ordinary[at] += position
		m.OrdinaryWage[at] += wage
	}
	for k, flags := range r.flags {
		if !flags[i] {
			continue
		}
		if k < len(benefitBits) {
			m.State[at] |= benefitBits[k]
		} else {
			m.State[at] |= pathBits[k-len(benefitBits)]
		}
	}
	return nil
}

// finish checks that every start has both paths, of one length.
func (r *pathReader) finish() (*Paths, error) {
	p := r.out
	if len(p.at) != 2*len(p.Starts)+1 {
		return nil, fault.Dataf("bad_paths", r.file, "path", "some start has no path none; simulate the register again")
	}
	for i := range p.Starts {
		if p.at[2*i+1]-p.at[2*i] != p.at[2*i+2]-p.at[2*i+1] {
			return nil, fault.Dataf("bad_paths", r.file, "path", "the two paths of start %d differ in length; simulate the register again", p.Starts[i].DeltakelseID)
		}
	}
	return p, nil
}
