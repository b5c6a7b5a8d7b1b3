package cohort

import (
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// part is the rows of a block of persons; rows are numbered within it.
type part struct {
	rows    Rows
	columns packedColumns
	trials  []Trial
}

// rows makes the analysis rows of the persons [from, to).
func (b *builder) rows(block, from, to int) part {
	out := part{trials: make([]Trial, len(b.codes))}
	r := &out.rows
	columns := newColumnWriter(len(b.covariates))
	var history scratch
	x := moment{reg: b.reg, persons: &b.reg.Persons, history: &history.history}
	loaded := int32(-1)
	current := struct {
		person  int32
		month   calendar.Month
		episode int
		row     int32
	}{-1, 0, 0, -1}
	rowOf := func(person int32, m calendar.Month, episode int) int32 {
		if current.person == person && current.month == m && current.episode == episode {
			return current.row
		}
		if loaded != person {
			b.load(&history, person)
			loaded = person
		}
		x.person, x.m, x.episode = person, m, &history.episodes[episode]
		row := int32(len(r.Person))
		r.Person = append(r.Person, person)
		r.Month = append(r.Month, m)
		r.EpisodeStart = append(r.EpisodeStart, x.episode.From)
		r.Band = append(r.Band, uint8(Band(x.episode.Elapsed(m))))
		r.Groups = append(r.Groups, mask(b.groups, &x))
		for j := range b.covariates {
			columns.put(j, b.covariates[j].value(&x))
		}
		columns.end()
		current.person, current.month, current.episode, current.row = person, m, episode, row
		return row
	}
	add := func(k int, row int32, treated bool, day uint8, rate float64, sampled bool, stratum, start int32) {
		t := &out.trials[k]
		t.Row = append(t.Row, row)
		t.Treated = append(t.Treated, treated)
		t.Day = append(t.Day, day)
		weight := 1.
		if w := b.reg.Persons.Weight; w != nil { // the extract's own sampling
			weight = w[r.Person[row]]
		}
		t.Weight = append(t.Weight, weight)
		t.Rate = append(t.Rate, rate)
		t.Sampled = append(t.Sampled, sampled)
		t.Stratum = append(t.Stratum, stratum)
		t.Start = append(t.Start, start)
	}
	starts := b.plans[block].starts
	sampling := random.NewKeyed(b.d.Seed, "cohort sampling")
	small := make([]Mask, len(b.codes))
	for k := range small {
		small[k] = b.small(k)
	}
	// The starts of a person come in order of date, comparison months likewise; a month is one or the other.
	flush := func(person int32, before calendar.Month) {
		for len(starts) > 0 && (starts[0].person < person || starts[0].person == person && starts[0].month < before) {
			s := starts[0]
			starts = starts[1:]
			add(int(s.tiltak), rowOf(s.person, s.month, int(s.episode)), true, s.day, 1, true, s.stratum, s.part)
		}
	}
	b.each(from, to, func(person int32, m calendar.Month, episode, k int, stratum int32, day uint8) {
		flush(person, m)
		rate := b.commonRate(k, stratum)
		sampled := rate >= 1 || sampling.Uniform(uint64(person), uint64(m)) < rate
		if !sampled && small[k] == 0 { // in no cell: not even its covariates are needed
			return
		}
		row := rowOf(person, m, episode)
		if !sampled && r.Groups[row]&small[k] == 0 {
			return
		}
		add(k, row, false, day, rate, sampled, stratum, -1)
	})
	flush(int32(to), 0)
	out.columns = columns.close()
	return out
}

// join puts the blocks together, in order. A column is taken out of the blocks as it is joined, so that the rows of a national
// register are never there twice.
func (b *builder) join(t *Trials, parts []part) {
	n := 0
	base := make([]int32, len(parts))
	for i := range parts {
		base[i] = int32(n)
		n += parts[i].rows.Len()
	}
	r := &t.Rows
	r.Covariates = b.covariates
	r.Person = joined(n, parts, func(p *part) *[]int32 { return &p.rows.Person })
	r.Month = joined(n, parts, func(p *part) *[]calendar.Month { return &p.rows.Month })
	r.EpisodeStart = joined(n, parts, func(p *part) *[]calendar.Date { return &p.rows.EpisodeStart })
	r.Band = joined(n, parts, func(p *part) *[]uint8 { return &p.rows.Band })
	r.Groups = joined(n, parts, func(p *part) *[]Mask { return &p.rows.Groups })
	columns := make([]packedColumns, len(parts))
	for i := range parts {
		columns[i], parts[i].columns = parts[i].columns, packedColumns{}
	}
	r.X = joinColumns(len(b.covariates), columns)
	t.Tiltak = make([]Trial, len(b.codes))
	for k, code := range b.codes {
		for i := range parts { // rows are numbered within a block
			own := parts[i].trials[k].Row
			for j := range own {
				own[j] += base[i]
			}
		}
		to := &t.Tiltak[k]
		to.Tiltak, to.Small = code, b.small(k)
		rows := 0
		for i := range parts {
			rows += len(parts[i].trials[k].Row)
		}
		to.Row = joined(rows, parts, func(p *part) *[]int32 { return &p.trials[k].Row })
		to.Treated = joined(rows, parts, func(p *part) *[]bool { return &p.trials[k].Treated })
		to.Day = joined(rows, parts, func(p *part) *[]uint8 { return &p.trials[k].Day })
		to.Weight = joined(rows, parts, func(p *part) *[]float64 { return &p.trials[k].Weight })
		to.Rate = joined(rows, parts, func(p *part) *[]float64 { return &p.trials[k].Rate })
		to.Sampled = joined(rows, parts, func(p *part) *[]bool { return &p.trials[k].Sampled })
		to.Stratum = joined(rows, parts, func(p *part) *[]int32 { return &p.trials[k].Stratum })
		to.Start = joined(rows, parts, func(p *part) *[]int32 { return &p.trials[k].Start })
	}
}

// joined is a column of all blocks, of n elements in all; the blocks lose theirs.
func joined[T any](n int, parts []part, column func(*part) *[]T) []T {
	out := make([]T, 0, n)
	for i := range parts {
		c := column(&parts[i])
		out = append(out, *c...)
		*c = nil
	}
	return out
}
