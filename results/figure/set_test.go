package figure

import (
	"bytes"
	"strings"
	"testing"

	"tiltakseffekt/results/internal/madeup"
)

func TestFilesOfARun(t *testing.T) {
	r, tables := madeup.Make(1, 8)
	files, err := Files(t.Context(), r, tables, 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Files(t.Context(), r, tables, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(again) {
		t.Errorf("%d files with one worker, %d with three", len(files), len(again))
	}
	for name, data := range files {
		if !bytes.Equal(data, again[name]) {
			t.Errorf("%s depends on the number of workers", name)
		}
		if strings.HasSuffix(name, ".svg") && wellFormed(data) != nil {
			t.Errorf("%s is not well formed", name)
		}
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") != "" {
			t.Errorf("%s is no name for a file everywhere", name)
		}
	}
	for _, want := range []string{"figures/effect-ARBEIDSFORBEREDENDE_TRENING-stabilt_arbeid.svg", "figures/effect-ARBEIDSFORBEREDENDE_TRENING-stabilt_arbeid.en.svg", "figures/effect-ARBEIDSFORBEREDENDE_TRENING-stabilt_arbeid.png",
		"figures/duration-time_in_tiltak-ARBEIDSFORBEREDENDE_TRENING.svg", "figures/cost-ARBEIDSFORBEREDENDE_TRENING.svg", "figures/cost-by-year-ARBEIDSFORBEREDENDE_TRENING.svg", "figures/balance-ARBEIDSFORBEREDENDE_TRENING-fylke.3d07.svg", "figures/overlap-ARBEIDSFORBEREDENDE_TRENING-alle.svg"} {
		if files[want] == nil {
			t.Errorf("%s is not there", want)
		}
	}
}

func TestSlugIsOneToOne(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"fylke=03", "fylke.3d03", "fylke03", "fylke 03", "æ", "ø", "a/b", "a\\b"} {
		if other, ok := seen[slug(name)]; ok {
			t.Errorf("%q and %q are both %q", name, other, slug(name))
		}
		seen[slug(name)] = name
	}
}
