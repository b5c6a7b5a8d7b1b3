package cli

import (
	"os"
	"path/filepath"
	"slices"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// write puts the tables into a folder.
func (d *didDocument) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap("cannot_write", err, "cannot make the folder of `--out`")
	}
	var tiltak, by, kind, reason []string
	var tiltakNull, byNull, keyNull, reasonNull []bool
	var group, time, event, treated, comparison, key, to []int64
	var toNull []bool
	var figures [7][]float64
	add := func(f didFigures, low, high number) {
		for k, v := range []number{f.Estimate, f.StdError, f.ConfLow, f.ConfHigh, f.PValue, low, high} {
			figures[k] = append(figures[k], float64(v))
		}
	}
	text := func(s *string) (string, bool) {
		if s == nil {
			return "", true
		}
		return *s, false
	}
	level := func(k didKey) {
		v, null := text(k.Tiltak)
		tiltak, tiltakNull = append(tiltak, v), append(tiltakNull, null)
		v, null = text(k.By)
		by, byNull = append(by, v), append(byNull, null)
	}
	columns := func() (c []*datasets.Column) {
		for k, name := range []string{"estimate", "std_error", "conf_low", "conf_high", "p_value", "band_low", "band_high"} {
			c = append(c, datasets.FloatColumn(name, figures[k]))
		}
		return c
	}
	put := func(name string, c ...*datasets.Column) error {
		if slices.Contains(byNull, false) {
			c = append([]*datasets.Column{datasets.TextColumn("by", by, byNull)}, c...)
		}
		if slices.Contains(tiltakNull, false) {
			c = append([]*datasets.Column{datasets.TextColumn("tiltak", tiltak, tiltakNull)}, c...)
		}
		for _, ending := range []string{".parquet", ".csv"} {
			if err := datasets.Write(filepath.Join(dir, name+ending), datasets.NewTable(c...), datasets.WriteOptions{}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(d.GroupTime) > 0 {
		for _, c := range d.GroupTime {
			level(c.didKey)
			group, time, event = append(group, c.Group), append(time, c.Time), append(event, c.EventTime)
			treated, comparison = append(treated, int64(c.NTreated)), append(comparison, int64(c.NComparison))
			why, null := text(c.Reason)
			reason, reasonNull = append(reason, why), append(reasonNull, null)
			add(c.didFigures, c.BandLow, c.BandHigh)
		}
		c := append([]*datasets.Column{datasets.IntColumn("group", group), datasets.IntColumn("time", time), datasets.IntColumn("event_time", event)}, columns()...)
		c = append(c, datasets.IntColumn("n_treated", treated), datasets.IntColumn("n_comparison", comparison), datasets.TextColumn("reason", reason, reasonNull))
		if err := put("group_time", c...); err != nil {
			return err
		}
		tiltak, tiltakNull, by, byNull, figures = nil, nil, nil, nil, [7][]float64{}
	}
	if len(d.Aggregates) == 0 {
		return nil
	}
	for _, a := range d.Aggregates {
		level(a.didKey)
		kind = append(kind, a.Type)
		keyNull = append(keyNull, a.Key == nil)
		if a.Key == nil {
			key = append(key, 0)
		} else {
			key = append(key, *a.Key)
		}
		toNull = append(toNull, a.To == nil)
		if a.To == nil {
			to = append(to, 0)
		} else {
			to = append(to, *a.To)
		}
		add(a.didFigures, a.BandLow, a.BandHigh)
	}
	keys := datasets.IntColumn("key", key)
	keys.Null = keyNull
	ends := datasets.IntColumn("to", to)
	ends.Null = toNull
	return put("aggregates", append([]*datasets.Column{datasets.TextColumn("type", kind, nil), keys, ends}, columns()...)...)
}
