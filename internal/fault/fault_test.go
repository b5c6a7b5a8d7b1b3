package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestStatusOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Status
		code string
	}{
		{nil, OK, "internal"},
		{errors.New("x"), Internal, "internal"},
		{fmt.Errorf("reading: %w", Dataf("missing_column", "a.csv", "alder", "no column `alder`")), Data, "missing_column"},
		{Usagef("bad_flag", "`--level` must be between 0 and 1"), Usage, "bad_flag"},
		{Differsf("identifying", "two columns identify persons"), Differs, "identifying"},
		{fmt.Errorf("scan: %w", context.Canceled), Interrupted, "interrupted"},
	} {
		if got := StatusOf(c.err); got != c.want {
			t.Errorf("StatusOf(%v) = %d, want %d", c.err, got, c.want)
		}
		if got := CodeOf(c.err); got != c.code {
			t.Errorf("CodeOf(%v) = %q, want %q", c.err, got, c.code)
		}
	}
}

func TestErrorNamesFileAndCause(t *testing.T) {
	e := Dataf("unreadable", "maaned.parquet", "lonn", "column `lonn` cannot be read").At(3)
	e.Err = errors.New("bad page")
	if got, want := e.Error(), "maaned.parquet: column `lonn` cannot be read: bad page"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e.Row != 3 {
		t.Errorf("row %d, want 3", e.Row)
	}
}

func TestSuggest(t *testing.T) {
	allowed := []string{"nearest", "ebal", "did", "overlap"}
	for word, want := range map[string]string{
		"nearst": " (did you mean `nearest`?)", "ebel": " (did you mean `ebal`?)", "xyz": "", "matching": "", "": "",
	} {
		if got := Suggest(word, allowed); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
}
