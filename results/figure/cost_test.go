package figure

import (
	"fmt"
	"math"
	"testing"

	"tiltakseffekt/internal/number"
)

// withCosts adds the figures of cost and of competing exits to the gallery.
func withCosts(g map[string]*Figure) map[string]*Figure {
	nan := math.NaN()
	o := Options{Lang: number.NB, Title: "Kostnad mot virkning: alle", XLabel: "Ekstra måneder i «stabilt arbeid» over 24 måneder", YLabel: "Merkostnad per start, tusen kroner", Caption: "Ellipse: rommer 95 % av det tilfeldigheter kunne gitt."}
	points := func(n int) (out []PlanePoint) {
		for i := range n {
			x := float64(i)
			out = append(out, PlanePoint{Name: []string{"Mentor", "Oppfølging", "Norskopplæring, grunnleggende ferdigheter og FOV", longName}[i%4], X: 3 * math.Sin(x), Y: 20 + 90*math.Cos(1.7*x), SDX: .3 + .2*math.Sin(3*x), SDY: 5 + 3*math.Cos(x), Correlated: .8 * math.Sin(2*x)})
		}
		return out
	}
	var curves []EffectPanel
	for i := range 30 {
		p := EffectPanel{Title: fmt.Sprintf("Tiltak %d for innvandrere fra land utenfor EØS", i+1)}
		for k, name := range []string{"Nærmeste nabo", "Entropibalansering"} {
			c := Series{Name: name}
			for _, v := range []float64{0, 5, 10, 20, 40, 60, 80, 100} {
				c.X, c.Y = append(c.X, v), append(c.Y, 1/(1+math.Exp((50+float64(5*i-70)-v)/(8+4*float64(k)))))
			}
			c.Low, c.High, c.BandLow, c.BandHigh = nothing(c.X), nothing(c.X), nothing(c.X), nothing(c.X)
			p.Series = append(p.Series, c)
		}
		if i%8 == 3 {
			p.Series, p.Note = nil, "Ikke beregnet, eller skjult av hensyn til personvern"
		}
		curves = append(curves, p)
	}
	accept := o
	accept.XLabel, accept.YLabel, accept.Title, accept.Width = "Hva en ekstra måned er verd, tusen kroner", "Andel av trekningene", "Hvor sannsynlig det er at det lønner seg", 24
	var x []float64
	layers := []Layer{{Name: "arbeid"}, {Name: "utdanning"}, {Name: "uføretrygd"}, {Name: "død eller utvandret"}, {Name: "andre tiltak på veien til arbeid"}}
	var risk []int
	for t := range 37 {
		x, risk = append(x, float64(t)), append(risk, 1200-30*t)
		for i := range layers {
			y := (0.45 - 0.08*float64(i)) * (1 - math.Exp(-float64(t)/(8+4*float64(i))))
			if i == 2 && t%5 == 2 {
				y = nan
			}
			layers[i].Y = append(layers[i].Y, y*.8)
		}
	}
	exits := Options{Lang: number.EN, Title: "Where people went", Caption: "Aalen–Johansen."}
	g["plane-one"], g["plane-4"], g["plane-30"], g["plane-none"] = Plane(points(1), .95, o), Plane(points(4), .95, o), Plane(points(30), .95, o), Plane([]PlanePoint{{X: nan}}, .95, o)
	g["accept-one"], g["accept-30"] = Effects(curves[:1], Share, accept), Effects(curves, Share, accept)
	g["stacked"], g["stacked-none"] = Stacked(x, layers, risk, exits), Stacked([]float64{0, 1}, []Layer{{"a", []float64{nan, nan}}}, nil, Options{})
	return g
}

// The ellipse of a standard cloud is a circle of radius √5.991 (the 95 % quantile of χ² with two degrees of freedom), and a
// cloud on a line has none off it.
func TestEllipse(t *testing.T) {
	x, y := PlanePoint{SDX: 1, SDY: 1}.ellipse(.95)
	for i := range x {
		if r := math.Hypot(x[i], y[i]); math.Abs(r*r-5.991464547107979) > 1e-9 {
			t.Fatalf("radius² %v", r*r)
		}
	}
	x, y = PlanePoint{X: 1, Y: 2, SDX: 1, SDY: 3, Correlated: 1}.ellipse(.95)
	for i := range x {
		if math.Abs((y[i]-2)-3*(x[i]-1)) > 1e-9 {
			t.Fatalf("off the line at %v, %v", x[i], y[i])
		}
	}
	if x, _ := (PlanePoint{SDX: math.NaN(), SDY: 1}).ellipse(.95); x != nil {
		t.Error("an ellipse without errors")
	}
}
