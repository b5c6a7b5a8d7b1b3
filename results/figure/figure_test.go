package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tiltakseffekt/internal/number"
)

const longName = "Arbeidsforberedende trening for personer med nedsatt arbeidsevne og særlig usikre yrkesmessige forutsetninger (AFT)"

// gallery holds each figure in its usual case and in the awkward ones: nothing, all hidden, long names, one value, very
// many panels.
func gallery() map[string]*Figure {
	r := rand.New(rand.NewPCG(1, 2))
	nan := math.NaN()
	series := func(name string, shift, se float64, n int) Series {
		s := Series{Name: name}
		for m := 1; m <= n; m++ {
			t := float64(m)
			y := -0.08*math.Exp(-t/6) + 0.09*(1-math.Exp(-t/14)) + shift + 0.004*r.NormFloat64()
			s.X, s.Y = append(s.X, t), append(s.Y, y)
			s.Low, s.High = append(s.Low, y-1.96*se), append(s.High, y+1.96*se)
			s.BandLow, s.BandHigh = append(s.BandLow, y-2.9*se), append(s.BandHigh, y+2.9*se)
		}
		return s
	}
	hidden := series("nearest", 0, 0.02, 36)
	for i := range hidden.Y {
		if i < 5 || i == 12 || i > 30 || i == 20 || i == 22 {
			hidden.Y[i], hidden.Low[i], hidden.High[i], hidden.BandLow[i], hidden.BandHigh[i] = nan, nan, nan, nan, nan
		}
	}
	three := []Series{series("Nærmeste nabo", 0, 0.015, 36), series("Entropibalansering", 0.006, 0.012, 36), series("Betinget DiD", -0.01, 0.02, 36)}
	nb := Options{Lang: number.NB, Title: "Virkning på stabilt arbeid, AFT, unge", Caption: "Fylt felt: 95 % intervall. Stiplet: felles bånd over alle måneder."}
	en := nb
	en.Lang, en.Title, en.Caption = number.EN, "Effect on stable work", "Shaded: 95% interval."
	long := nb
	long.Title = "Virkning av " + longName + " på overgang til stabilt arbeid for langtidsledige innvandrere fra land utenfor EØS"
	grid := func(n int) []EffectPanel {
		var ps []EffectPanel
		for i := range n {
			p := EffectPanel{Title: fmt.Sprintf("Gruppe %d: innvandrere fra land utenfor EØS under %d år", i+1, 30+i), Series: []Series{series("Nærmeste nabo", 0.01*float64(i%4), 0.02, 36), series("Entropibalansering", 0, 0.015, 36)}}
			switch i % 7 {
			case 3:
				p.Series, p.Note = nil, "Skjult: færre enn 5 personer"
			case 5:
				p.Series = []Series{hidden}
				p.Series[0].Name = "Nærmeste nabo"
				p.Note = "11 måneder er skjult"
			}
			ps = append(ps, p)
		}
		return ps
	}
	wild := series("wild", 0, 0.02, 36)
	for i := range wild.Low {
		wild.Low[i], wild.High[i] = -40, 40
	}
	var curve, other Curve
	curve.Name, other.Name = "AFT", longName
	n, m, s, q := 1200, 300, 1., 1.
	for t := range 37 {
		curve.X, other.X = append(curve.X, float64(t)), append(other.X, float64(t))
		curve.Y, other.Y = append(curve.Y, s), append(other.Y, q)
		curve.Low, curve.Top = append(curve.Low, s-0.03), append(curve.Top, min(1, s+0.03))
		other.Low, other.Top = append(other.Low, q-0.05), append(other.Top, min(1, q+0.05))
		curve.Risk, other.Risk = append(curve.Risk, n), append(other.Risk, m)
		s, q = s*0.92, q*0.97
		n, m = n*92/100, m*94/100
		if t > 25 {
			m = -1
		}
	}
	var up, down, costs []Bin
	for i := range 20 {
		x := float64(i) / 20
		up = append(up, Bin{x, x + 0.05, 0.1 * math.Exp(-math.Pow((x-0.5)/0.2, 2))})
		down = append(down, Bin{x, x + 0.05, 0.2 * math.Exp(-x*6)})
		costs = append(costs, Bin{20000 * float64(i), 20000 * float64(i+1), 0.2 * math.Exp(-float64(i)/4) * float64(i)})
	}
	up[19].Share, down[18].Share, down[19].Share = nan, nan, nan
	var love, many []LoveRow
	for i := range 12 {
		love = append(love, LoveRow{Label: []string{"alder", "kjønn=kvinne", "utdanning=videregående", longName}[i%4], Before: 0.6 * r.NormFloat64(), After: []float64{0.03 * r.NormFloat64(), 0.01 * r.NormFloat64()}})
	}
	love[5] = LoveRow{Label: "uføretrygd=ja", Before: nan, After: []float64{nan, nan}}
	for i := range 60 {
		many = append(many, LoveRow{Label: fmt.Sprintf("fylke=%02d", i), Before: r.NormFloat64() * 0.2, After: []float64{r.NormFloat64() * 0.02}})
	}
	methods := nb
	methods.Title, methods.Names, methods.Caption = "Balanse før og etter", []string{"Nærmeste nabo", "Entropibalansering"}, ""
	wide := nb
	wide.Width = 24
	plain := nb
	plain.Title, plain.Caption = "Fordeling", ""
	kr := plain
	kr.XLabel = "Kroner per deltakelse, 2024-kroner"
	return withCosts(map[string]*Figure{
		"effect-one":     Effects([]EffectPanel{{Series: three[:1]}}, Points, nb),
		"effect-three":   Effects([]EffectPanel{{Series: three}}, Points, en),
		"effect-hidden":  Effects([]EffectPanel{{Series: []Series{hidden}, Note: "11 måneder er skjult (færre enn 5 personer)"}}, Points, long),
		"effect-empty":   Effects([]EffectPanel{{Note: "Skjult: færre enn 5 personer i en av gruppene"}}, Points, nb),
		"effect-none":    Effects(nil, Points, nb),
		"effect-single":  Effects([]EffectPanel{{Series: []Series{series("a", 0, 0.02, 1)}}}, Points, nb),
		"effect-wild":    Effects([]EffectPanel{{Series: []Series{three[0], wild}}}, Points, nb),
		"effect-kroner":  Effects([]EffectPanel{{Series: []Series{scaled(series("ebal", 0, 0.02, 24), 40000)}}}, Kroner, nb),
		"grid-7":         Effects(grid(7), Points, wide),
		"grid-30":        Effects(grid(30), Points, wide),
		"survival-one":   Survival([]Curve{curve}, nb),
		"survival-two":   Survival([]Curve{curve, other}, nb),
		"survival-none":  Survival([]Curve{{Name: "x", X: []float64{0}, Y: []float64{nan}, Low: []float64{nan}, Top: []float64{nan}}}, nb),
		"love":           Love(love, methods),
		"love-many":      Love(many, methods),
		"love-none":      Love(nil, methods),
		"ecdf":           ECDF(distributions(r), wide),
		"ecdf-one":       ECDF([]ECDFPanel{{Title: longName, Treated: ECDFCurve{[]float64{3}, []float64{1}}, Comparison: ECDFCurve{[]float64{3}, []float64{1}}}, {Title: "tom"}}, plain),
		"ecdf-none":      ECDF(nil, plain),
		"overlap":        Overlap(up, down, plain),
		"overlap-none":   Overlap([]Bin{{0, 1, nan}}, nil, plain),
		"histogram":      Histogram(costs, 92345, Kroner, kr),
		"histogram-none": Histogram(nil, nan, Kroner, kr),
		"bars":           Bars([]string{"2018", "2019", "2020", "2021"}, []float64{81234, 90321, nan, 99999}, Kroner, kr),
		"bars-long":      Bars([]string{longName, "Mentor"}, []float64{1234567, 0}, Kroner, kr),
		"bars-none":      Bars([]string{"2018"}, []float64{nan}, Kroner, kr),
	})
}

// distributions are twelve covariates, every third of whole numbers.
func distributions(r *rand.Rand) []ECDFPanel {
	curve := func(shift float64, whole bool) (c ECDFCurve) {
		x := shift
		for k := range 40 {
			x += 0.1 + 0.3*r.Float64()
			if whole {
				x = math.Ceil(x)
			}
			c.X, c.Y = append(c.X, x), append(c.Y, float64(k+1)/40)
		}
		return c
	}
	var out []ECDFPanel
	for i := range 12 {
		name := []string{"alder", "lønn året før", "måneder i arbeid", longName}[i%4]
		out = append(out, ECDFPanel{Title: name, Treated: curve(0, i%3 == 0), Comparison: curve(0.3, i%3 == 0), Before: curve(2, i%3 == 0)})
	}
	return out
}

// The table beside the picture holds the largest differences.
func TestECDFData(t *testing.T) {
	a, b := ECDFCurve{[]float64{1, 2}, []float64{.5, 1}}, ECDFCurve{[]float64{1, 2, 3}, []float64{.25, .5, 1}}
	f := ECDF([]ECDFPanel{{Title: "x", Treated: a, Comparison: a, Before: b}}, Options{Lang: number.EN})
	row := f.Data.Rows[0]
	if row[0].Text != "x" || row[1].Text != "0.500" || row[2].Text != "0.000" {
		t.Errorf("%+v", row)
	}
}

func scaled(s Series, f float64) Series {
	for _, c := range [][]float64{s.Y, s.Low, s.High, s.BandLow, s.BandHigh} {
		for i := range c {
			c[i] *= f
		}
	}
	return s
}

// TestGallery draws every figure twice, both ways; EVALUATE_FIGURES names a folder that keeps them, to be looked at.
func TestGallery(t *testing.T) {
	keep := os.Getenv("EVALUATE_FIGURES")
	again := gallery()
	for name, f := range gallery() {
		svg, err := f.SVG()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := wellFormed(svg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := string(svg); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "href") {
			t.Errorf("%s: NaN, Inf or a link in the picture", name)
		}
		if twice, _ := again[name].SVG(); !bytes.Equal(svg, twice) {
			t.Errorf("%s: not the same twice", name)
		}
		dpi := 60
		if keep != "" {
			dpi = 130
		}
		pic, err := f.PNG(dpi)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		img, err := png.Decode(bytes.NewReader(pic))
		if err != nil || math.Abs(float64(img.Bounds().Dx())-float64(f.Width)*float64(dpi)/72) > 2 {
			t.Errorf("%s: %v, size %v", name, err, img.Bounds())
		}
		if keep != "" {
			for ext, data := range map[string][]byte{".svg": svg, ".png": pic} {
				if err := os.WriteFile(filepath.Join(keep, name+ext), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func wellFormed(svg []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// TestConcurrent draws from many goroutines: under -race it shows that no state is shared.
func TestConcurrent(t *testing.T) {
	f := gallery()["effect-three"]
	want, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if got, err := f.SVG(); err != nil || !bytes.Equal(got, want) {
				t.Error("another picture", err)
			}
			if _, err := f.PNG(40); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestSaysWhatIsMissing(t *testing.T) {
	g := gallery()
	for name, want := range map[string]string{
		"effect-empty":   "Skjult: færre enn 5 personer",
		"effect-none":    "Ingen estimater",
		"effect-hidden":  "11 måneder er skjult",
		"survival-none":  "Ingen kurve å vise",
		"love":           "skjult eller ikke beregnet",
		"overlap-none":   "Skjult av hensyn til personvern",
		"histogram-none": "Ingen fordeling",
		"bars":           "skjult eller ikke beregnet",
		"plane-none":     "Ingen punkter",
		"stacked-none":   "Ingen kurver",
		"accept-30":      "Ikke beregnet",
		"plane-30":       "28 Arbeidsforberedende",
	} {
		svg, err := g[name].SVG()
		if err != nil || !strings.Contains(string(svg), want) {
			t.Errorf("%s does not say %q (%v)", name, want, err)
		}
	}
}

func TestStairs(t *testing.T) {
	x, y := stairs([]float64{0, 2, 3, 9}, []float64{1, 0.8, math.NaN(), 0.1}, 5)
	if fmt.Sprint(x, y) != "[0 2 2 5] [1 1 0.8 0.8]" { // the step at 3 is unknown, the one at 9 lies beyond the axis
		t.Errorf("stairs: %v %v", x, y)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		n         int
		want      string
	}{
		{-0.1, 0.12, 5, "[-0.1 -0.05 0 0.05 0.1]"},
		{0, 1, 4, "[0 0.25 0.5 0.75 1]"},
		{0, 0, 4, "[0]"},
	} {
		if got := fmt.Sprint(ticks(c.low, c.high, step(c.low, c.high, c.n))); got != c.want {
			t.Errorf("ticks of %v to %v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
	if got := label(number.NB, Points, -0.025, 0.025); got != "\u22122,5" {
		t.Errorf("label %q", got)
	}
}
