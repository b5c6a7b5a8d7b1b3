package duration

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// SplitAt gives hazards that depend on elapsed time: rows are cut at the steps (ascending, over 0), and a column
// elapsed=a–b is added for each interval but the first, (0, step_1]. A row keeps its event on its last piece. The
// likelihood of a model without the new columns is the same for the cut rows.
func (in TimingInput) SplitAt(steps []float64) (TimingInput, error) {
	for k, s := range steps {
		if !(s > 0) || math.IsInf(s, 0) || k > 0 && s <= steps[k-1] {
			return in, fault.Usagef("bad_steps", "steps of elapsed time are positive numbers that rise, such as 3,6,12")
		}
	}
	if len(steps) == 0 {
		return in, nil
	}
	out := TimingInput{Persons: in.Persons, States: in.States, Entry: in.Entry}
	out.X.Names = slices.Clone(in.X.Names)
	out.X.Columns = make([][]float64, len(in.X.Columns)+len(steps))
	if in.X.Terms != nil {
		out.X.Terms = slices.Clone(in.X.Terms)
	}
	for k, s := range steps {
		name := fmt.Sprintf("elapsed=%g+", s)
		if k+1 < len(steps) {
			name = fmt.Sprintf("elapsed=%g–%g", s, steps[k+1])
		}
		out.X.Names = append(out.X.Names, name)
		if in.X.Terms != nil {
			out.X.Terms = append(out.X.Terms, "elapsed")
		}
	}
	for i := range in.Stop {
		from := in.Start[i]
		for from < in.Stop[i] {
			k, found := slices.BinarySearch(steps, from) // the interval of (from, …]
			if found {
				k++
			}
			to, event := in.Stop[i], in.Event[i]
			if k < len(steps) && steps[k] < to {
				to, event = steps[k], 0
			}
			out.Person, out.Start, out.Stop = append(out.Person, in.Person[i]), append(out.Start, from), append(out.Stop, to)
			out.Event, out.Program = append(out.Event, event), append(out.Program, in.Program[i])
			for j, c := range in.X.Columns {
				out.X.Columns[j] = append(out.X.Columns[j], c[i])
			}
			for m := range steps {
				v := 0.
				if m+1 == k {
					v = 1
				}
				j := len(in.X.Columns) + m
				out.X.Columns[j] = append(out.X.Columns[j], v)
			}
			from = to
		}
	}
	return out, nil
}
