package figure

import (
	"context"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// Files draws the figures of a run folder: per tiltak and outcome the effect by month in small multiples over groups,
// per tiltak the survival curves and the cost of the first group (SVG in both languages, and PNG), and per tiltak and
// group balance and overlap (SVG). Names are figures/<what>-<tiltak>….svg in bokmål, ….en.svg in English. The files do
// not depend on the number of workers.
func Files(ctx context.Context, r *results.Run, t *results.Tables, workers int) (map[string][]byte, error) {
	type task struct {
		name string
		fig  func(Options) *Figure
		png  bool
	}
	s := NewSet(r, t)
	var tasks []task
	add := func(png bool, fig func(Options) *Figure, name ...string) {
		tasks = append(tasks, task{"figures/" + slug(strings.Join(name, "-")), fig, png})
	}
	for i, g := range r.Groups {
		for _, effect := range []string{"persons", "months"} {
			add(i == 0, func(o Options) *Figure { return s.Plane(g.ID, effect, o) }, "cost-effect", effect, g.ID)
		}
		if i == 0 {
			add(true, func(o Options) *Figure { o.Width = 16; return s.CostOverview(g.ID, o) }, "cost-overview")
			add(true, func(o Options) *Figure { o.Width = 16; return s.DurationOverview(g.ID, o) }, "duration-overview")
		}
	}
	for i, g := range r.Groups {
		add(i == 0, func(o Options) *Figure { o.Width = 16; return s.ChainFlow(g.ID, o) }, "chain-flow", g.ID)
		add(i == 0, func(o Options) *Figure { o.Width = 16; return s.ChainStates(g.ID, o) }, "chain-states", g.ID)
	}
	for _, k := range r.Tiltak {
		for _, effect := range []string{"persons", "months"} {
			add(true, func(o Options) *Figure { return s.PlaneOf(k.ID, effect, o) }, "cost-effect-groups", effect, k.ID)
			add(true, func(o Options) *Figure {
				if len(r.Groups) > 1 {
					o.Width = 24
				}
				return s.Acceptability(k.ID, r.Groups, effect, o)
			}, "acceptability", effect, k.ID)
		}
		for _, y := range r.Outcomes {
			add(true, func(o Options) *Figure { return s.EffectGrid(k.ID, y.ID, o) }, "effect", k.ID, y.ID)
		}
		for i, g := range r.Groups {
			add(i == 0, func(o Options) *Figure { return s.Love(k.ID, g.ID, o) }, "balance", k.ID, g.ID)
			add(i == 0, func(o Options) *Figure { return s.Overlap(k.ID, g.ID, o) }, "overlap", k.ID, g.ID)
			add(i == 0, func(o Options) *Figure { return s.SpecificationCurve(k.ID, g.ID, o) }, "specification", k.ID, g.ID)
			if i > 0 {
				continue
			}
			for _, m := range Measures {
				add(true, func(o Options) *Figure { return s.Duration(k.ID, g.ID, m, o) }, "duration", m, k.ID)
			}
			add(true, func(o Options) *Figure { return s.Exits(k.ID, g.ID, o) }, "exits", k.ID)
			add(true, func(o Options) *Figure { return s.Work(k.ID, g.ID, o) }, "duration-work", k.ID)
			add(true, func(o Options) *Figure { return s.Ends(k.ID, g.ID, o) }, "duration-ends", k.ID)
			add(true, func(o Options) *Figure { return s.CostDistribution(k.ID, g.ID, o) }, "cost", k.ID)
			add(true, func(o Options) *Figure { return s.CostYears(k.ID, g.ID, o) }, "cost-by-year", k.ID)
		}
	}
	type file struct {
		name string
		data []byte
	}
	made := make([][]file, len(tasks))
	err := parallel.For(ctx, workers, len(tasks), func(i int) error {
		for _, l := range []number.Lang{number.NB, number.EN} {
			fig := tasks[i].fig(Options{Lang: l})
			if fig == nil {
				return nil
			}
			ext := ".svg"
			if l == number.EN {
				ext = ".en.svg"
			}
			svg, err := fig.SVG()
			if err != nil {
				return err
			}
			made[i] = append(made[i], file{tasks[i].name + ext, svg})
			if tasks[i].png && l == number.NB {
				png, err := fig.PNG(200)
				if err != nil {
					return err
				}
				made[i] = append(made[i], file{tasks[i].name + ".png", png})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, m := range made {
		for _, f := range m {
			files[f.name] = f.data
		}
	}
	return files, nil
}

// slug keeps letters, digits, _ and - of a name; every other rune becomes its code, so that two names never become one.
func slug(name string) string {
	var b strings.Builder
	for _, c := range name {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteRune(c)
		} else {
			b.WriteString("." + hexOf(c))
		}
	}
	return b.String()
}

func hexOf(c rune) string {
	const digits = "0123456789abcdef"
	s := ""
	for ; c > 0; c /= 16 {
		s = string(digits[c%16]) + s
	}
	return s
}
