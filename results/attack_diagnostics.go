package results

import (
	"math"
	"strings"
)

// diagnostics looks for numbers of rows and of clusters, which have a person each at least, that are small, and for what is said of clusters
// beside a number that is hidden.
func (a *attacker) diagnostics(rows []Diagnostic) {
	key := func(d *Diagnostic) string { return join(d.Tiltak, d.Group, d.Method, d.Outcome) }
	hidden := map[string]bool{}
	for i := range rows {
		if d := &rows[i]; (d.Name == "clusters_treated" || d.Name == "clusters_comparison") && math.IsNaN(d.Value) {
			hidden[key(d)] = true
		}
	}
	for i := range rows {
		d := &rows[i]
		clusters := strings.HasPrefix(d.Name, "cluster")
		switch {
		case d.Tiltak == "" || math.IsNaN(d.Value):
		case d.Value > 0 && d.Value < float64(a.min) && (strings.HasPrefix(d.Name, "n_") || d.Name == "clusters_treated" || d.Name == "clusters_comparison"):
			a.hit("diagnostics: %s, %s, %s: `%s` is %v", d.Tiltak, d.Group, d.Method, d.Name, d.Value)
		case clusters && hidden[key(d)] && d.Name != "clusters_treated" && d.Name != "clusters_comparison":
			a.hit("diagnostics: %s, %s, %s: `%s` beside a hidden number of clusters", d.Tiltak, d.Group, d.Method, d.Name)
		}
	}
}
