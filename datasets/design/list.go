package design

import (
	"strings"

	"tiltakseffekt/internal/fault"
)

// ParseList parts a list of names at commas as a line of CSV is parted: a name with a comma stands in double quotes, and
// a double quote inside quotes is doubled. Spaces around names are left out. An empty list, an empty name, a name that stands twice
// and a broken quote are errors; flag is what they name.
func ParseList(flag, list string) ([]string, error) {
	if strings.TrimSpace(list) == "" {
		return nil, fault.Usagef("empty_list", "`%s` is empty: name at least one column", flag)
	}
	var names []string
	rest := list
	for {
		name, after, more, ok := nextName(rest)
		if !ok {
			return nil, fault.Usagef("bad_list", "`%s` has a quote that does not fit in `%s`: put a name with a comma in double quotes and double the quotes inside", flag, list)
		}
		if name == "" {
			return nil, fault.Usagef("bad_list", "`%s` has an empty name in `%s`", flag, list)
		}
		for _, other := range names {
			if other == name {
				return nil, fault.Usagef("bad_list", "`%s` names `%s` twice", flag, name)
			}
		}
		names = append(names, name)
		if !more {
			return names, nil
		}
		rest = after
	}
}

// nextName reads a name and what follows it up to a comma.
func nextName(s string) (name, rest string, more, ok bool) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, `"`) {
		name, rest, more = strings.Cut(s, ",")
		return strings.TrimRight(name, " "), rest, more, !strings.Contains(name, `"`)
	}
	var b strings.Builder
	for s = s[1:]; ; {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false, false
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if !strings.HasPrefix(s, `"`) {
			break
		}
		b.WriteByte('"')
		s = s[1:]
	}
	between, rest, more := strings.Cut(s, ",")
	return b.String(), rest, more, strings.TrimSpace(between) == ""
}

// JoinList is names as ParseList takes them apart.
func JoinList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = name
		if strings.ContainsAny(name, `,"`) || strings.TrimSpace(name) != name {
			quoted[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return strings.Join(quoted, ",")
}
