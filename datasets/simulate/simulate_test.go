package simulate

import (
	"context"
	"reflect"
	"testing"
)

func generate(t *testing.T, opt Options) *Register {
	t.Helper()
	r, err := Generate(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSameForAnyNumberOfWorkers(t *testing.T) {
	a := generate(t, Options{Persons: 1000, Seed: 7, Counterfactual: true, Workers: 1})
	b := generate(t, Options{Persons: 1000, Seed: 7, Counterfactual: true, Workers: 3})
	if !reflect.DeepEqual(a.Tables, b.Tables) || !reflect.DeepEqual(a.Paths, b.Paths) {
		t.Error("one and three workers give different registers")
	}
	c := generate(t, Options{Persons: 1000, Seed: 8, Counterfactual: true})
	if reflect.DeepEqual(a.Tables, c.Tables) {
		t.Error("two seeds give the same register")
	}
}
