package cohort

import (
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// part is the rows of a block of persons; rows are numbered within it.
type part struct {
	rows   Rows
	trials []Trial
}

// rows makes the analysis rows of the persons [from, to).
func (b *builder) rows(block, from, to int) part {
	out := part{trials: make([]Trial, len(b.codes))}
	r := &out.rows
	r.X = make([][]float64, len(b.covariates))
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
			r.X[j] = append(r.X[j], b.covariates[j].value(&x))
		}
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
	return out
}

// join puts the blocks together, in order.
func (b *builder) join(t *Trials, parts []part) {
	n := 0
	for _, p := range parts {
		n += p.rows.Len()
	}
	r := &t.Rows
	r.Covariates = b.covariates
	r.Person = make([]int32, 0, n)
	r.Month = make([]calendar.Month, 0, n)
	r.EpisodeStart = make([]calendar.Date, 0, n)
	r.Band = make([]uint8, 0, n)
	r.Groups = make([]Mask, 0, n)
	r.X = make([][]float64, len(b.covariates))
	for j := range r.X {
		r.X[j] = make([]float64, 0, n)
	}
	t.Tiltak = make([]Trial, len(b.codes))
	for k, code := range b.codes {
		t.Tiltak[k].Tiltak, t.Tiltak[k].Small = code, b.small(k)
	}
	for _, p := range parts {
		base := int32(len(r.Person))
		r.Person = append(r.Person, p.rows.Person...)
		r.Month = append(r.Month, p.rows.Month...)
		r.EpisodeStart = append(r.EpisodeStart, p.rows.EpisodeStart...)
		r.Band = append(r.Band, p.rows.Band...)
		r.Groups = append(r.Groups, p.rows.Groups...)
		for j := range r.X {
			r.X[j] = append(r.X[j], p.rows.X[j]...)
		}
		for k := range p.trials {
			from, to := &p.trials[k], &t.Tiltak[k]
			for _, row := range from.Row {
				to.Row = append(to.Row, base+row)
			}
			to.Treated = append(to.Treated, from.Treated...)
			to.Day = append(to.Day, from.Day...)
			to.Weight = append(to.Weight, from.Weight...)
			to.Rate = append(to.Rate, from.Rate...)
			to.Sampled = append(to.Sampled, from.Sampled...)
			to.Stratum = append(to.Stratum, from.Stratum...)
			to.Start = append(to.Start, from.Start...)
		}
	}
}
