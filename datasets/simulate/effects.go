package simulate

import (
	"context"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// effectGroups are the groups whose additions a file of effects can give.
var effectGroups = []string{"unge", "lav_utdanning", "innvandrere_utenfor_eos", "nedsatt_arbeidsevne"}

// LoadEffects reads effects from a table (CSV or Parquet) with the columns tiltak, group, lock_in, find, late, keep; all
// but tiltak may be missing, as columns and as values, and then are those of the default. A row whose group is empty or
// alle is about everybody; the find of a row of another group is what the group adds (to late, where the tiltak has a
// late effect). See Effect for the units.
func LoadEffects(ctx context.Context, file string) (Effects, error) {
	t, err := datasets.Read(ctx, file, datasets.ReadOptions{Unchecked: true})
	if err != nil {
		return nil, err
	}
	known := []string{"tiltak", "group", "lock_in", "find", "late", "keep"}
	for _, c := range t.Columns {
		if !slices.Contains(known, c.Name) {
			return nil, fault.Dataf("unknown_column", file, c.Name, "column `%s` is not one of a file of effects%s (%s)", c.Name, fault.Suggest(c.Name, known), strings.Join(known, ", "))
		}
	}
	codes := t.Column("tiltak")
	if codes == nil || codes.Kind != datasets.String {
		return nil, fault.Dataf("missing_column", file, "tiltak", "column `tiltak` with codes is missing")
	}
	var numbers [4][]float64
	for i, name := range known[2:] {
		if c := t.Column(name); c != nil {
			if numbers[i], err = c.AsFloats(); err != nil {
				return nil, err
			}
		}
	}
	groups := t.Column("group")
	if groups != nil && groups.Kind != datasets.String {
		groups = nil // a column without a single value
	}
	out := Effects{}
	for i := range t.Rows {
		refuse := func(column, format string, args ...any) error {
			return fault.Dataf("bad_effects", file, column, "row %d: "+format, append([]any{i + 1}, args...)...).At(int64(i + 1))
		}
		code := ""
		if !codes.Missing(i) {
			code = codes.Text(i)
		}
		k := slices.Index(Tiltak(), code)
		if k < 0 {
			return nil, refuse("tiltak", "tiltak `%s` is not simulated%s (%s)", code, fault.Suggest(code, Tiltak()), strings.Join(Tiltak(), ", "))
		}
		e, ok := out[code]
		if !ok {
			e = programmeOf(k).standard
			e.Groups = nil
		}
		value := func(column int, dst *float64) {
			if v := numbers[column]; v != nil && v[i] == v[i] {
				*dst = v[i]
			}
		}
		group := ""
		if groups != nil && !groups.Missing(i) {
			group = groups.Text(i)
		}
		if group == "" || group == "alle" {
			value(0, &e.LockIn)
			value(1, &e.Find)
			value(2, &e.Late)
			value(3, &e.Keep)
		} else {
			if !slices.Contains(effectGroups, group) {
				return nil, refuse("group", "group `%s` has no effect of its own%s (%s)", group, fault.Suggest(group, effectGroups), strings.Join(effectGroups, ", "))
			}
			add := 0.0
			value(1, &add)
			if e.Groups == nil {
				e.Groups = map[string]float64{}
			}
			e.Groups[group] = add
		}
		out[code] = e
	}
	if err := out.check(); err != nil {
		return nil, fault.Dataf("bad_effects", file, "", "%s", err.Error())
	}
	return out, nil
}
