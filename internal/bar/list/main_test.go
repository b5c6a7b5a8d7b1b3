package main

import "testing"

func TestParseAndVerdict(t *testing.T) {
	name, figures, ok := parse("BenchmarkBarLogit/n=1000000/p=20-2 \t 2\t 1500000000 ns/op\t 1.4 best-s\t 2 bar-s\t 60 peak-MiB\t 61 bar-MiB\t 10 B/op\t 1 allocs/op")
	if !ok || name != "BarLogit/n=1000000/p=20-2" || figures["best-s"] != 1.4 {
		t.Fatalf("%q, %v, %v", name, figures, ok)
	}
	if v := verdict(figures); v != "held" {
		t.Errorf("verdict %s", v)
	}
	figures["peak-MiB"] = 62
	if v := verdict(figures); v != "MISSED" {
		t.Errorf("over the memory: %s", v)
	}
	delete(figures, "best-s")
	if v := verdict(figures); v != "not measured" {
		t.Errorf("without a time: %s", v)
	}
	if _, _, ok := parse("ok  \ttiltakseffekt/matching\t1.2s"); ok {
		t.Error("a line of another kind is taken for a benchmark")
	}
}
