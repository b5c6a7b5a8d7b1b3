package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Node is one end of flows: what it is called and how many pass through it, shown or not.
type Node struct {
	Name  string
	Total float64
	Kind  int // of a right node: 0 another link, 1 work, 2 any other exit
}

// Ribbon is a flow of N from a left node to a right one, by index.
type Ribbon struct {
	From, To int
	N        float64
}

// ribbonTones are the ribbons by the kind of the node they go to: apart in lightness, so that they are so in grey print too.
var ribbonTones = [...]struct {
	c     color.NRGBA
	alpha float64
}{{hex(0x005B82), 0.62}, {hex(0x2AA758), 0.45}, {hex(0x5d6573), 0.22}}

// Sankey draws flows from nodes on the left to nodes on the right, as broad as their number, with the name and number of
// each node beside it. What is hidden leaves its node partly bare.
func Sankey(from, to []Node, ribbons []Ribbon, o Options) *Figure {
	const gap, thick = 4, 5 // pt: between nodes, and of a node
	slot := vg.Length(11.5) // least height of a label
	names := style(smallSize, ink, left, middle)
	inner := o.width() - 2*margin
	most := 0.
	for _, side := range [][]Node{from, to} {
		sum := 0.
		for _, n := range side {
			sum += n.Total
		}
		most = max(most, sum)
	}
	for _, side := range [][]Node{from, to} {
		for _, n := range side {
			if names.Width(n.Name+" "+o.lang().Count(int(n.Total+0.5)))+5 > 0.36*inner {
				slot = 2 * lineHeight(names) // long names take two lines
			}
		}
	}
	scale := vg.Length(0)
	if most > 0 {
		scale = 190 / vg.Length(most) // pt a unit
	}
	height := func(side []Node) (h vg.Length) {
		for _, n := range side {
			h += max(slot, scale*vg.Length(n.Total)) + gap
		}
		return h
	}
	legend := []entry{
		{o.say("til et nytt ledd", "to another link"), toneKey(0)}, {o.say("til arbeid", "to work"), toneKey(1)}, {o.say("til annet", "elsewhere"), toneKey(2)},
	}
	body := max(60, max(height(from), height(to)))
	return frame(o, legend, body, func(c draw.Canvas) {
		if len(ribbons) == 0 {
			p := &panel{c: c}
			p.say(o.say("Ingen overganger å vise, eller skjult av hensyn til personvern.", "No transitions to show, or hidden to protect persons."))
			return
		}
		text := func(n Node) string { return n.Name + " " + o.lang().Count(int(n.Total+0.5)) }
		room := func(side []Node) (w vg.Length) {
			for _, n := range side {
				w = max(w, names.Width(text(n))+5)
			}
			return min(w, 0.36*inner)
		}
		a, b := c.Min.X+room(from), c.Max.X-room(to)
		// place puts nodes under each other from the top and writes their names
		place := func(side []Node, x vg.Length, leftSide bool) []vg.Length {
			tops := make([]vg.Length, len(side))
			y := c.Max.Y
			for i, n := range side {
				h := scale * vg.Length(n.Total)
				row := max(slot, h)
				tops[i] = y - (row-h)/2
				c.SetColor(ink)
				c.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: tops[i] - max(h, 0.5)}, Max: vg.Point{X: x + thick, Y: tops[i]}}.Path())
				s, at, width := names, vg.Point{X: x + thick + 4, Y: y - row/2}, c.Max.X-x-thick-4
				if leftSide {
					s.XAlign, at.X, width = right, x-4, x-4-c.Min.X
				}
				number := " " + o.lang().Count(int(n.Total+0.5)) // stays whole: its thousands are apart by spaces
				lines := []string{n.Name}
				if s.Width(n.Name+number) > width {
					lines = []string{shorten(s, n.Name, width-s.Width(number))}
					if row >= 2*lineHeight(s)-0.01 {
						lines = wrap(s, n.Name, width-s.Width(number), 2)
					}
				}
				lines[len(lines)-1] += number
				for k, line := range lines {
					c.FillText(s, vg.Point{X: at.X, Y: at.Y + lineHeight(s)*(vg.Length(len(lines)-1)/2-vg.Length(k))}, line)
				}
				y -= row + gap
			}
			return tops
		}
		left := place(from, a-thick, true)
		right := place(to, b, false)
		for kind := len(ribbonTones) - 1; kind >= 0; kind-- { // links last, on top
			l, r := append([]vg.Length{}, left...), append([]vg.Length{}, right...)
			for _, f := range ribbons {
				h := scale * vg.Length(f.N)
				if to[f.To].Kind == kind {
					c.SetColor(alpha(ribbonTones[kind].c, ribbonTones[kind].alpha))
					c.Fill(ribbonPath(a, l[f.From], b, r[f.To], max(h, 0.4)))
				}
				l[f.From] -= h
				r[f.To] -= h
			}
		}
	})
}

// ribbonPath is a band of height h between two verticals, bent like an S.
func ribbonPath(xa, ya, xb, yb, h vg.Length) vg.Path {
	m := (xa + xb) / 2
	var p vg.Path
	p.Move(vg.Point{X: xa, Y: ya})
	p.CubeTo(vg.Point{X: m, Y: ya}, vg.Point{X: m, Y: yb}, vg.Point{X: xb, Y: yb})
	p.Line(vg.Point{X: xb, Y: yb - h})
	p.CubeTo(vg.Point{X: m, Y: yb - h}, vg.Point{X: m, Y: ya - h}, vg.Point{X: xa, Y: ya - h})
	p.Close()
	return p
}

func toneKey(kind int) func(draw.Canvas) {
	return func(c draw.Canvas) {
		c.SetColor(alpha(ribbonTones[kind].c, ribbonTones[kind].alpha))
		c.Fill(draw.Crop(c, 2, -2, 2, -2).Rectangle.Path())
	}
}
