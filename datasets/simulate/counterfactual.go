package simulate

import (
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

var pathFlags = [4]string{"registrert", "i_tiltak", "dod", "utvandret"}
var pathBits = [4]register.State{register.Registered, register.InTiltak, register.Dead, register.Gone}

// counterfactualTable holds the reference paths: per start, path and month the outcome columns of maaned and what the
// other tables would say of the month (registrert, i_tiltak, dod, utvandret). As in maaned, a month in which there is
// nothing has no row and a month with a job paid through a tiltak beside another has two; but the first and the last
// month of a path always have a row, so that its length can be read back.
func (w *world) counterfactualTable(blocks []*block) *datasets.Table {
	rows := 0
	for _, b := range blocks {
		rows += len(b.refs) + len(b.refs)/64
	}
	ids, pids := make([]int64, 0, rows), make([]int64, 0, rows)
	code, path := newText("tiltakskode", w.codes()...), newText("path", Follow.String(), None.String())
	started, months := make([]calendar.Date, 0, rows), make([]calendar.Date, 0, rows)
	m := newMonthColumns(rows)
	var flags [4][]bool
	for _, b := range blocks {
		next := 0
		b.eachRow(func(i int, p *person, id int64, x *participation) {
			if x.referral > 0 {
				return
			}
			n := int(b.refN[i])
			for which := range 2 {
				for h := range n {
					c := b.refs[next]
					next++
					if h > 0 && h < n-1 && !shown(&c) && c.state&(register.Registered|register.InTiltak|register.Dead|register.Gone) == 0 {
						continue
					}
					row := func(position uint16, wage int32, subsidised bool) {
						ids, pids = append(ids, id), append(pids, p.id)
						code.add(w.code(p, x))
						path.add(which)
						started, months = append(started, x.from), append(months, w.first[x.month+h])
						m.add(position, wage, subsidised, c.state)
						for j, bit := range pathBits {
							flags[j] = append(flags[j], c.state&bit != 0)
						}
					}
					if split(&c) {
						row(c.position-c.ordinary, c.wage-c.ordinaryWage, true)
						row(c.ordinary, c.ordinaryWage, false)
					} else {
						row(c.position, c.wage, c.state&register.TiltakWage != 0)
					}
				}
			}
		})
	}
	columns := []*datasets.Column{datasets.IntColumn("deltakelse_id", ids), datasets.IntColumn("person_id", pids), code.column(),
		datasets.DateColumn("start_dato", started, nil), path.column(), datasets.DateColumn("maaned", months, nil)}
	columns = append(columns, m.columns()...)
	for j, name := range pathFlags {
		columns = append(columns, datasets.BoolColumn(name, flags[j]))
	}
	return datasets.NewTable(columns...)
}
