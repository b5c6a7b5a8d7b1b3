package register

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

// rowsOfText are the rows of a table as text, by column.
func rowsOfText(text string) []map[string]string {
	var rows []map[string]string
	var names []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		cells := strings.Fields(line)
		if names == nil {
			names = cells
			continue
		}
		row := map[string]string{}
		for k, c := range cells {
			row[names[k]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

// naive reads a register day by day and row by row, with maps: what the package does with sorts and sums.
type naive struct {
	died     map[string]calendar.Date
	tiltak   map[string]map[calendar.Date]bool // "person tiltak" → days
	subsidy  map[string]map[string]bool        // "person month" → employers
	state    map[string]State                  // "person month"
	position map[string][2]int                 // "person month" → position and ordinary
	wage     map[string][2]int                 // "person month" → wage and ordinary
}

func readNaive(text map[string]string, cut calendar.Month) *naive {
	n := &naive{died: map[string]calendar.Date{}, tiltak: map[string]map[calendar.Date]bool{}, subsidy: map[string]map[string]bool{}, state: map[string]State{}, position: map[string][2]int{}, wage: map[string][2]int{}}
	last := cut.Last()
	known := map[string]bool{}
	for _, r := range rowsOfText(text["person"]) {
		known[r["person_id"]] = true
		n.died[r["person_id"]] = calendar.Open
		if r["dod_dato"] != "." {
			n.died[r["person_id"]] = date(r["dod_dato"])
		}
	}
	cat := catalog.Default()
	// The last version of each id.
	best := map[string]map[string]string{}
	for _, r := range rowsOfText(text["deltakelse"]) {
		key := r["person_id"] + " " + r["deltakelse_id"]
		if b, ok := best[key]; known[r["person_id"]] && (!ok || r["endret"] > b["endret"]) {
			best[key] = r
		}
	}
	for _, r := range best {
		p := r["person_id"]
		start, end := date(r["start_dato"]), date(r["slutt_dato"])
		s, _ := cat.Status("", r["status"])
		if !s.Participation(start, true, last) || start > last || start > n.died[p] {
			continue
		}
		if end > last {
			end = calendar.Open
		}
		if end < start {
			continue
		}
		end = min(end, last, n.died[p])
		code, _ := cat.Resolve(r["tiltakskode"])
		key := p + " " + code
		if n.tiltak[key] == nil {
			n.tiltak[key] = map[calendar.Date]bool{}
		}
		t, _ := cat.Tiltak(code)
		for d := start; d <= end; d++ {
			n.tiltak[key][d] = true
			month := p + " " + d.Month().String()
			n.state[month] |= InTiltak
			if t.WagesSubsidised {
				if n.subsidy[month] == nil {
					n.subsidy[month] = map[string]bool{}
				}
			}
		}
	}
	for _, r := range rowsOfText(text["arbeidssoker"]) {
		p := r["person_id"]
		from, to := date(r["fra"]), date(r["til"])
		if !known[p] || from > last || from > n.died[p] {
			continue
		}
		if to > last {
			to = calendar.Open
		}
		for d := from; d <= min(to, last, n.died[p]); d++ {
			n.state[p+" "+d.Month().String()] |= Registered
		}
	}
	for _, r := range rowsOfText(text["maaned"]) {
		p, m := r["person_id"], month(r["maaned"])
		if !known[p] || m > cut || n.died[p] != calendar.Open && m > n.died[p].Month() {
			continue
		}
		key := p + " " + m.String()
		position, _ := strconv.Atoi(r["stillingsprosent"])
		wage, _ := strconv.Atoi(r["lonn"])
		ordinary, paid := position, wage
		n.state[key] |= Observed
		if r["dagpenger"] == "true" {
			n.state[key] |= Dagpenger
		}
		// No participation of messy names an employer that only some jobs have: every job of the month is subsidised.
		if _, subsidised := n.subsidy[key]; r["tiltakslonn"] == "true" || subsidised && (position != 0 || wage != 0) {
			ordinary, paid = 0, 0
			n.state[key] |= TiltakWage
		}
		n.position[key] = [2]int{n.position[key][0] + position, n.position[key][1] + ordinary}
		n.wage[key] = [2]int{n.wage[key][0] + wage, n.wage[key][1] + paid}
	}
	return n
}

func TestAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	for range 30 {
		text := messy(r, 1+r.IntN(40), 1+r.IntN(150))
		text["deltakelse"] = strings.ReplaceAll(text["deltakelse"], " arbeidsgiver_id ", " arbeidsgiver ")
		// Versions of one id with one date of change may differ, and which one counts is not for this test.
		seen := map[string]bool{}
		unique := true
		for _, row := range rowsOfText(text["deltakelse"]) {
			key := row["person_id"] + " " + row["deltakelse_id"] + " " + row["endret"]
			unique = unique && !seen[key]
			seen[key] = true
		}
		if !unique {
			text["deltakelse"] = numbered(text["deltakelse"])
		}
		reg := mustRead(t, text, Options{Rules: Rules{MaxStrangers: 1}})
		want := readNaive(text, reg.Cut)
		days := map[string]map[calendar.Date]bool{}
		for i, p := range reg.Participations {
			key := fmt.Sprint(reg.Persons.IntID[p.Person]) + " " + reg.Tiltak[p.Tiltak]
			if days[key] == nil {
				days[key] = map[calendar.Date]bool{}
			}
			for d := p.Start; d <= min(p.End, reg.Cut.Last()); d++ {
				if days[key][d] {
					t.Fatalf("participation %d overlaps another of %s on %s", i, key, d)
				}
				days[key][d] = true
			}
			if days[key][p.Start-1] {
				t.Fatalf("participation %d adjoins another of %s", i, key)
			}
		}
		if len(days) != len(want.tiltak) {
			t.Fatalf("%d persons × tiltak, want %d", len(days), len(want.tiltak))
		}
		for key, set := range want.tiltak {
			if len(set) != len(days[key]) {
				t.Fatalf("%s: %d days, want %d", key, len(days[key]), len(set))
			}
			for d := range set {
				if !days[key][d] {
					t.Fatalf("%s: %s is missing", key, d)
				}
			}
		}
		for i, id := range reg.Persons.IntID {
			h := reg.Panel.History(int32(i))
			for k := range h.State {
				m := h.First + calendar.Month(k)
				key := fmt.Sprint(id) + " " + m.String()
				state := want.state[key]
				if died := want.died[fmt.Sprint(id)]; died != calendar.Open && m >= died.Month() {
					state |= Dead
				}
				position, wage := want.position[key], want.wage[key]
				if h.State[k] != state || int(h.Position[k]) != min(100*position[0], maxPosition) || int(h.Ordinary[k]) != min(100*position[1], maxPosition) ||
					int(h.Wage[k]) != 100*max(wage[0], 0) || int(h.OrdinaryWage[k]) != 100*max(wage[1], 0) {
					t.Fatalf("%s: state %b, position %d and %d, wage %d and %d; want %b, %v, %v", key, h.State[k], h.Position[k], h.Ordinary[k], h.Wage[k], h.OrdinaryWage[k], state, position, wage)
				}
			}
		}
	}
}

// numbered gives every row an id of its own.
func numbered(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines[1:] {
		cells := strings.Fields(lines[i+1])
		cells[0] = fmt.Sprint(i)
		lines[i+1] = strings.Join(cells, " ")
	}
	return strings.Join(lines, "\n")
}
