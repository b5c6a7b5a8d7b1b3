package simulate

import (
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// textColumn gathers a text column whose values come from a small fixed list.
type textColumn struct {
	name   string
	levels []string
	codes  []uint32
	null   []bool
	nulls  bool
}

func newText(name string, levels ...string) *textColumn {
	return &textColumn{name: name, levels: levels}
}

// add appends level i, or a missing value where i < 0.
func (c *textColumn) add(i int) {
	if i < 0 {
		c.codes, c.null, c.nulls = append(c.codes, 0), append(c.null, true), true
		return
	}
	c.codes, c.null = append(c.codes, uint32(i)), append(c.null, false)
}

func (c *textColumn) column() *datasets.Column {
	col := &datasets.Column{Name: c.name, Kind: datasets.String, Codes: c.codes, Levels: c.levels}
	if c.nulls {
		col.Null = c.null
	}
	return col
}

// dates gathers a date column with missing values; a missing one is register.NoDate.
type dateColumn struct {
	name   string
	values []calendar.Date
	null   []bool
	nulls  bool
}

func (c *dateColumn) add(d calendar.Date, missing bool) {
	if missing {
		d = 0
	}
	c.values, c.null, c.nulls = append(c.values, d), append(c.null, missing), c.nulls || missing
}

func (c *dateColumn) column() *datasets.Column {
	if !c.nulls {
		c.null = nil
	}
	return datasets.DateColumn(c.name, c.values, c.null)
}

// ints gathers a column of integers; missing values only where the column is optional.
type intColumn struct {
	name   string
	values []int64
	null   []bool
	nulls  bool
}

func (c *intColumn) add(v int64, missing bool) {
	c.values, c.null, c.nulls = append(c.values, v), append(c.null, missing), c.nulls || missing
}

func (c *intColumn) column() *datasets.Column {
	col := datasets.IntColumn(c.name, c.values)
	if c.nulls {
		col.Null = c.null
	}
	return col
}

func (w *world) tables(blocks []*block) map[string]*datasets.Table {
	return map[string]*datasets.Table{
		"person":       w.personTable(blocks),
		"deltakelse":   w.deltakelseTable(blocks),
		"arbeidssoker": w.arbeidssokerTable(blocks),
		"maaned":       w.maanedTable(blocks),
	}
}

func (w *world) personTable(blocks []*block) *datasets.Table {
	id, born := &intColumn{name: "person_id"}, &intColumn{name: "fodselsaar"}
	sex, origin := newText("kjonn", "kvinne", "mann"), newText("landgruppe", "norge", "eos", "utenfor_eos")
	edu, arrived := &intColumn{name: "utdanning"}, &intColumn{name: "innvandret_aar"}
	county, office := newText("fylke", w.counties...), newText("nav_enhet", w.offices...)
	died, left := &dateColumn{name: "dod_dato"}, &dateColumn{name: "utvandret_dato"}
	for _, b := range blocks {
		for i := range b.people {
			p := &b.people[i]
			id.add(p.id, false)
			born.add(int64(p.born), false)
			sex.add(int(p.sex) - int(register.Woman))
			origin.add(int(p.origin) - int(register.Norway))
			edu.add(int64(max(p.edu, 0)), p.edu < 0)
			arrived.add(int64(p.immigrated), p.immigrated == 0)
			county.add(int(p.county))
			office.add(int(p.office))
			gone := p.gone < w.months
			day := calendar.Date(0)
			if gone {
				day = w.first[p.gone] + calendar.Date(p.goneDay-1)
			}
			died.add(day, !gone || !p.died)
			left.add(day, !gone || p.died)
		}
	}
	return datasets.NewTable(id.column(), born.column(), sex.column(), origin.column(), edu.column(), arrived.column(),
		county.column(), office.column(), died.column(), left.column())
}

func (w *world) arbeidssokerTable(blocks []*block) *datasets.Table {
	id := &intColumn{name: "person_id"}
	from, to := &dateColumn{name: "fra"}, &dateColumn{name: "til"}
	status := newText("status", "ledig", "delvis_ledig", "nedsatt_arbeidsevne")
	effort := newText("innsatsgruppe", register.EffortGroups[1:]...)
	for _, b := range blocks {
		i := 0
		for k := range b.people {
			for range int(b.spellN[k]) {
				s := &b.spells[i]
				i++
				id.add(b.people[k].id, false)
				from.add(s.from, false)
				to.add(s.to, s.to == calendar.Open)
				status.add(int(s.status) - int(register.Unemployed))
				effort.add(int(s.effort) - 1)
			}
		}
	}
	return datasets.NewTable(id.column(), from.column(), to.column(), status.column(), effort.column())
}

// maanedTable has a row for each month in which there is work, a benefit or study, and two where a month has a job
// paid through a tiltak beside another.
func (w *world) maanedTable(blocks []*block) *datasets.Table {
	rows := 0
	for _, b := range blocks {
		for i := range b.cells {
			if shown(&b.cells[i]) {
				rows++
			}
			if split(&b.cells[i]) {
				rows++
			}
		}
	}
	ids, months := make([]int64, 0, rows), make([]calendar.Date, 0, rows)
	employers := &intColumn{name: "arbeidsgiver_id"}
	m := newMonthColumns(rows)
	for _, b := range blocks {
		next := 0
		for k := range b.people {
			p := &b.people[k]
			parts := b.parts[next : next+int(b.partN[k])]
			next += len(parts)
			agreed := 0 // month in which the last employment paid through a tiltak began
			for t := range w.months {
				for len(parts) > 0 && parts[0].month <= t {
					if programmeOf(parts[0].tiltak).byAgreed {
						agreed = parts[0].month
					}
					parts = parts[1:]
				}
				c := b.cells[k*w.months+t]
				if !shown(&c) {
					continue
				}
				if split(&c) {
					ids, months = append(ids, p.id), append(months, w.first[t])
					employers.add(w.employer(p, agreed, true), false)
					m.add(c.position-c.ordinary, c.wage-c.ordinaryWage, true, c.state)
					c.position, c.wage, c.state = c.ordinary, c.ordinaryWage, c.state&^register.TiltakWage
				}
				ids, months = append(ids, p.id), append(months, w.first[t])
				switch {
				case c.position == 0:
					employers.add(0, true)
				case c.ordinary > 0:
					employers.add(w.employer(p, int(c.hired), false), false)
				default:
					employers.add(w.employer(p, agreed, true), false)
				}
				m.add(c.position, c.wage, c.state&register.TiltakWage != 0, c.state)
			}
		}
	}
	columns := append([]*datasets.Column{datasets.IntColumn("person_id", ids), datasets.DateColumn("maaned", months, nil), employers.column()}, m.columns()...)
	return datasets.NewTable(columns...)
}

// numEmployers is how many employers there are; their ids begin at 100001.
const numEmployers = 40_000

// employer is the employer of a job found in month t, or of one paid through a tiltak that began in it.
func (w *world) employer(p *person, t int, agreed bool) int64 {
	n := w.trait.Uint64(uint64(p.id), uint64(1000+t)) % numEmployers
	if agreed { // never the employer of the job that is found in the same month
		n = (n + 1) % numEmployers
	}
	return 100_001 + int64(n)
}

const benefitStates = register.Dagpenger | register.AAP | register.Ufore | register.Sosialhjelp | register.Tiltakspenger | register.Studying

func shown(c *cell) bool { return c.position > 0 || c.wage > 0 || c.state&benefitStates != 0 }

func split(c *cell) bool { return c.state&register.TiltakWage != 0 && c.ordinary > 0 }

// monthColumns are the outcome columns of maaned.
type monthColumns struct {
	position, wage []float64
	subsidised     []bool
	benefits       [6][]bool
}

var benefitNames = [6]string{"dagpenger", "aap", "ufore", "sosialhjelp", "tiltakspenger", "utdanning_igang"}
var benefitBits = [6]register.State{register.Dagpenger, register.AAP, register.Ufore, register.Sosialhjelp, register.Tiltakspenger, register.Studying}

func newMonthColumns(rows int) *monthColumns {
	m := &monthColumns{position: make([]float64, 0, rows), wage: make([]float64, 0, rows), subsidised: make([]bool, 0, rows)}
	for i := range m.benefits {
		m.benefits[i] = make([]bool, 0, rows)
	}
	return m
}

func (m *monthColumns) add(position uint16, wage int32, subsidised bool, state register.State) {
	m.position = append(m.position, float64(position)/100)
	m.wage = append(m.wage, float64(wage)/100)
	m.subsidised = append(m.subsidised, subsidised)
	for i, bit := range benefitBits {
		m.benefits[i] = append(m.benefits[i], state&bit != 0)
	}
}

func (m *monthColumns) columns() []*datasets.Column {
	columns := []*datasets.Column{datasets.FloatColumn("stillingsprosent", m.position), datasets.FloatColumn("lonn", m.wage),
		datasets.BoolColumn("tiltakslonn", m.subsidised)}
	for i, name := range benefitNames {
		columns = append(columns, datasets.BoolColumn(name, m.benefits[i]))
	}
	return columns
}
