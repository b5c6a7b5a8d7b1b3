package analysis

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"tiltakseffekt/results"
)

// Every field of what a task stores is one that is written: an unexported one would come back empty.
func TestNothingIsLostOnTheWayToDisk(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Array:
			walk(path, typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				f := typ.Field(i)
				if !f.IsExported() {
					t.Errorf("%s.%s is not exported", path, f.Name)
				}
				walk(path+"."+f.Name, f.Type)
			}
		case reflect.Interface, reflect.Map, reflect.Func, reflect.Chan:
			t.Errorf("%s is a %s", path, typ.Kind())
		}
	}
	walk("cellResult", reflect.TypeFor[cellResult]())
	walk("rivals", reflect.TypeFor[rivals]())
	if len(seen) < 8 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

func TestTaskStore(t *testing.T) {
	store := taskStore{t.TempDir()}
	month := 0
	want := cellResult{Estimates: []results.Estimate{{Tiltak: "Æ", Month: &month, Estimate: math.NaN(), NStarts: -1, StdError: math.Copysign(0, -1)}},
		Joint: influences{{Row: 2, Person: []int32{0, 7}, Psi: []float32{0.5, -1}}}}
	calls := 0
	do := func() (cellResult, error) { calls++; return want, nil }
	for range 2 {
		got, err := resumed(store, "cell a b", do)
		if err != nil {
			t.Fatal(err)
		}
		e := got.Estimates[0]
		if e.Tiltak != "Æ" || e.Month == nil || *e.Month != 0 || !math.IsNaN(e.Estimate) || e.NStarts != -1 || !math.Signbit(e.StdError) || !reflect.DeepEqual(got.Joint, want.Joint) {
			t.Errorf("%+v", got)
		}
	}
	if calls != 1 {
		t.Errorf("the task was done %d times", calls)
	}
	files, _ := filepath.Glob(filepath.Join(store.dir, "*"))
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"cut short": whole[:len(whole)-3], "changed": append(append([]byte{}, whole[:len(whole)-1]...), whole[len(whole)-1]^1), "empty": nil} {
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		before := calls
		if _, err := resumed(store, "cell a b", do); err != nil || calls != before+1 {
			t.Errorf("a file that is %s is believed (%v)", name, err)
		}
	}
	failed := errors.New("no")
	if _, err := resumed(store, "other", func() (cellResult, error) { return cellResult{}, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(store.dir, "*")); len(files) != 1 {
		t.Errorf("a failure is stored: %v", files)
	}
}
