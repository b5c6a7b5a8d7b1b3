package cohort

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

func words2(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// The catalogue's expressions are the definitions of its groups, written out here straight from the words.
func TestCatalogueGroups(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(11, 1)), 3000, 40)
	d := tinyDesign()
	d.Groups = []string{"alle", "unge", "langtidsledige", "innvandrere_utenfor_eos", "lav_utdanning", "nedsatt_arbeidsevne", "aap", "ufore", "sosialhjelp_langtid", "aft_personkrets"}
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	inMonth := func(person int32, m calendar.Month, bit register.State) bool {
		c := reg.Panel.Index(person, m)
		return c >= 0 && reg.Panel.State[c]&bit != 0
	}
	counts := map[string]int{}
	r := &trials.Rows
	for i, person := range r.Person {
		m := r.Month[i]
		var status register.Status
		var effort uint8
		var last calendar.Date = register.NoDate
		for _, s := range reg.Registrations[reg.FirstReg[person]:reg.FirstReg[person+1]] {
			if s.From >= r.EpisodeStart[i] && s.From < m.First() && s.From > last || last == register.NoDate && s.From == r.EpisodeStart[i] {
				status, effort, last = s.Status, s.Effort, s.From
			}
		}
		social, work := 0, 0
		for k := m - 12; k < m; k++ {
			if inMonth(person, k, register.Sosialhjelp) {
				social++
			}
		}
		for k := m - 36; k < m; k++ {
			if c := reg.Panel.Index(person, k); c >= 0 && reg.Panel.Ordinary[c] > 0 {
				work++
			}
		}
		education := reg.Persons.Education[person]
		reduced := status == register.ReducedWorkCapacity || inMonth(person, m-1, register.AAP)
		want := map[string]bool{
			"alle": true, "unge": reg.Persons.AgeAt(person, m) < 30, "langtidsledige": r.EpisodeStart[i] <= (m - 6).First(),
			"innvandrere_utenfor_eos": reg.Persons.Origin[person] == register.OutsideEEA, "lav_utdanning": education >= 0 && education <= 2,
			"nedsatt_arbeidsevne": reduced, "aap": inMonth(person, m-1, register.AAP), "ufore": inMonth(person, m-1, register.Ufore), "sosialhjelp_langtid": social >= 6,
			"aft_personkrets": reduced && effort >= 3 && (education >= 0 && education <= 2 || work <= 12),
		}
		for g, group := range trials.Groups {
			got := r.Groups[i]&(1<<g) != 0
			if got != want[group.ID] {
				t.Fatalf("row %d, person %d in %s: %s is %v", i, person, m, group.ID, got)
			}
			if got {
				counts[group.ID]++
			}
		}
	}
	for _, id := range d.Groups {
		if counts[id] < 20 {
			t.Errorf("%s has %d rows: the test tells little", id, counts[id])
		}
	}
	if w := trials.Warnings; len(w) != 3 || !strings.Contains(fmt.Sprint(w), "`aft_personkrets` looks 36 months back") {
		t.Errorf("warnings %v", w)
	}
}

// Intersections are what both groups say, whatever their order; all pairs are those of two groups that are not named already.
func TestIntersections(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(12, 1)), 800, 40)
	d := tinyDesign()
	d.Groups, d.Pairs = []string{"alle", "unge", "lav_utdanning*unge", "lav_utdanning", "menn_uten_arbeid"}, true
	d.Define = map[string]Definition{"menn_uten_arbeid": {When: "months(arbeid, 1, 3) == 0", NB: "Uten arbeid", EN: "Without work"}}
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	place := map[string]int{}
	for i, g := range trials.Groups {
		ids, place[g.ID] = append(ids, g.ID), i
	}
	want := []string{"alle", "unge", "lav_utdanning_x_unge", "lav_utdanning", "menn_uten_arbeid", "unge_x_menn_uten_arbeid", "lav_utdanning_x_menn_uten_arbeid"}
	if !slices.Equal(ids, want) {
		t.Fatalf("groups %v, want %v", ids, want)
	}
	if g := trials.Groups[2]; g.NameNB != "Lite eller ingen utdanning og unge under 30 år" || g.NameEN != "Little or no education and young people under 30" {
		t.Errorf("an intersection is called %q, %q", g.NameNB, g.NameEN)
	}
	in := 0
	for _, mask := range trials.Rows.Groups {
		for _, g := range trials.Groups {
			if g.Both == nil {
				continue
			}
			both := mask&(1<<place[g.Both[0]]) != 0 && mask&(1<<place[g.Both[1]]) != 0
			if got := mask&(1<<place[g.ID]) != 0; got != both {
				t.Fatalf("%s: %v, both groups say %v", g.ID, got, both)
			} else if got {
				in++
			}
		}
	}
	if in < 50 {
		t.Errorf("only %d rows are in an intersection", in)
	}
}

// Definitions of the user's catalogue hold on their days; the study's own hold always; a month without one is refused.
func TestDatedDefinitions(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(13, 1)), 500, 40)
	dir := t.TempDir()
	write := func(name, text string) *catalog.Catalog {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := catalog.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const header = "gruppe,uttrykk,gyldig_fra,gyldig_til,kilde,bekreftet\n"
	build := func(c *catalog.Catalog, define map[string]Definition, groups ...string) (*Trials, error) {
		d := tinyDesign()
		d.Catalog, d.Define, d.Groups = c, define, groups
		return Build(t.Context(), reg, d)
	}
	// From June 2016 on the young are under 25; before, as the embedded table says.
	trials, err := build(write("gruppedefinisjoner.csv", header+"unge,age < 25,2016-06-01,,me,ja\n"), nil, "alle", "unge")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[bool]int{}
	for i, m := range trials.Rows.Month {
		limit := 30
		if m >= calendar.NewMonth(2016, 6) {
			limit = 25
		}
		age := reg.Persons.AgeAt(trials.Rows.Person[i], m)
		if got := trials.Rows.Groups[i]&2 != 0; got != (age < limit) {
			t.Fatalf("%d years in %s: unge is %v", age, m, got)
		}
		seen[age >= 25 && age < 30 && limit == 25] = 1
	}
	if len(seen) != 2 {
		t.Error("no row tells the two definitions apart")
	}
	if g := trials.Groups[1]; !strings.Contains(g.DefinitionEN, "from 2016-06-01: age < 25") {
		t.Errorf("the definition says %q", g.DefinitionEN)
	}
	// The limit alone, in the table of groups.
	limit := write("grupper.csv", "gruppe,navn_nb,navn_en,definisjon_nb,definisjon_en,grense,enhet,kan_males,kilde,bekreftet\nlangtidsledige,L,L,minst ni,nine at least,9,måneder,ja,me,ja\nnye,Nye,New,nye,new,3,måneder,ja,me,ja\n")
	if trials, err = build(limit, nil, "langtidsledige"); err != nil {
		t.Fatal(err)
	}
	for i, m := range trials.Rows.Month {
		if got := trials.Rows.Groups[i] != 0; got != (trials.Rows.EpisodeStart[i] <= (m - 9).First()) {
			t.Fatalf("row %d: %v", i, got)
		}
	}
	// The study's own wins.
	if trials, err = build(limit, map[string]Definition{"langtidsledige": {When: "spell_months >= limit - 8"}}, "langtidsledige"); err != nil {
		t.Fatal(err)
	}
	for i, m := range trials.Rows.Month {
		if got := trials.Rows.Groups[i] != 0; got != (trials.Rows.EpisodeStart[i] <= (m - 1).First()) {
			t.Fatalf("row %d: %v", i, got)
		}
	}
	for name, c := range map[string]struct {
		catalog *catalog.Catalog
		define  map[string]Definition
		group   string
		want    string
		status  fault.Status
	}{
		"no definition":     {limit, nil, "nye", "`groups` names `nye`, which has no definition for starts in 2015-07 (it has none at all)", fault.Usage},
		"not in the window": {nil, nil, "oljerammet_sor_vest", "which has no definition for starts in 2015-07 (it holds 2017-01-01 to 2017-12-31)", fault.Usage},
		"no such group":     {nil, nil, "ungee", "`groups` names `ungee`, which is no target group (did you mean `unge`?)", fault.Usage},
		"own misspelt":      {nil, map[string]Definition{"egne": {When: "true"}}, "egna", "did you mean `egne`", fault.Usage},
		"own bad":           {nil, map[string]Definition{"egne": {When: "age <"}}, "egne", "`group_definitions.egne`: at character 6", fault.Usage},
		"own id":            {nil, map[string]Definition{"a_x_b": {When: "true"}}, "alle", "`group_definitions` names `a_x_b`", fault.Usage},
		"own alle":          {nil, map[string]Definition{"alle": {When: "age < 30"}}, "alle", "is everybody", fault.Usage},
		"with everybody":    {nil, nil, "unge*alle", "alle holds everybody", fault.Usage},
		"with itself":       {nil, nil, "unge*unge", "a group with itself", fault.Usage},
		"of three":          {nil, nil, "unge*ufore*aap", "of more than two", fault.Usage},
		"no municipality":   {nil, map[string]Definition{"oslo": {When: "kommune == \"0301\""}}, "oslo", "group `oslo` is defined by the column `kommune` of person_historikk, which the register does not have", fault.Data},
	} {
		if _, err := build(c.catalog, c.define, c.group); err == nil || !strings.Contains(err.Error(), c.want) || fault.StatusOf(err) != c.status {
			t.Errorf("%s: %s", name, words2(err))
		}
	}
	if _, err := build(nil, nil, "unge*aap", "aap*unge"); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("the same pair twice: %s", words2(err))
	}
	bad := write("gruppedefinisjoner.csv", header+"unge,agee < 25,,,me,ja\n")
	if _, err := build(bad, nil, "unge"); err == nil || !strings.Contains(err.Error(), "line 2: the definition of `unge` cannot be read: at character 1") || fault.StatusOf(err) != fault.Data {
		t.Errorf("a bad expression of the catalogue: %s", words2(err))
	}
	// Too many.
	define, groups := map[string]Definition{}, []string{}
	for i := range 12 {
		id := fmt.Sprintf("g%d", i)
		define[id] = Definition{When: fmt.Sprintf("age < %d", 20+i)}
		groups = append(groups, id)
	}
	d := tinyDesign()
	d.Define, d.Groups, d.Pairs = define, groups, true
	if err := d.Validate(); err == nil || !strings.Contains(err.Error(), "asks for 78 groups, intersections included; at most 64") {
		t.Errorf("78 groups: %s", words2(err))
	}
	d.Groups = groups[:10] // 55
	trials, err = Build(t.Context(), reg, d)
	if err != nil || len(trials.Groups) != 55 {
		t.Fatalf("55 groups: %v", err)
	}
	for i, mask := range trials.Rows.Groups {
		age := reg.Persons.AgeAt(trials.Rows.Person[i], trials.Rows.Month[i])
		for g, group := range trials.Groups {
			var limit int
			name := group.ID
			if group.Both != nil {
				name = group.Both[0] // the younger of the two
			}
			fmt.Sscanf(name, "g%d", &limit)
			if got := mask&(1<<g) != 0; got != (age < 20+limit) {
				t.Fatalf("%s at %d years: %v", group.ID, age, got)
			}
		}
	}
}

// The columns that groups read are named with the group that wants them.
func TestGroupColumns(t *testing.T) {
	d := tinyDesign()
	d.Groups = []string{"alle", "introduksjonsprogram", "syke", "introduksjonsprogram*syke"}
	d.Define = map[string]Definition{"syke": {When: "person.helse >= 3 or person.diagnose == \"F32\""}, "unused": {When: "person.other == 1"}}
	got, err := d.Columns()
	if want := "[{person_historikk.introduksjonsprogram the group `introduksjonsprogram`} {person.helse the group `syke`} {person.diagnose the group `syke`}]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v, %v", got, err)
	}
}
