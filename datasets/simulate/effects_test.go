package simulate

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func effectsFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "effects.csv")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoadEffects(t *testing.T) {
	got, err := LoadEffects(ctx(), effectsFile(t, "tiltak,group,lock_in,find,late,keep\nJOBBKLUBB,,0.5,0.2,,0.1\nJOBBKLUBB,unge,,0.3,,\nARBEIDSTRENING,alle,1,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	training := programmes[arbeidstrening].standard
	want := Effects{"JOBBKLUBB": {LockIn: .5, Find: .2, Keep: .1, Groups: map[string]float64{"unge": .3}},
		"ARBEIDSTRENING": {LockIn: 1, Find: training.Find, Keep: training.Keep}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	a, b := generate(t, Options{Persons: 500, Seed: 1}), generate(t, Options{Persons: 500, Seed: 1, Effects: got})
	if reflect.DeepEqual(a.cells, b.cells) {
		t.Error("effects of one's own change nothing")
	}
}

func TestLoadEffectsRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tiltak,effect\nJOBBKLUBB,1\n", "column `effect`"},
		{"group,find\nunge,1\n", "`tiltak` with codes is missing"},
		{"tiltak,find\nJOBKLUBB,1\n", "did you mean `JOBBKLUBB`"},
		{"tiltak,group,find\nJOBBKLUBB,ung,1\n", "did you mean `unge`"},
		{"tiltak,lock_in\nJOBBKLUBB,0\n", "lock_in of JOBBKLUBB"},
		{"tiltak,find\nJOBBKLUBB,9\n", "log hazard ratio of 9"},
	} {
		if _, err := LoadEffects(ctx(), effectsFile(t, c.text)); fault.StatusOf(err) != fault.Data || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}
