// Package figure draws the figures of a run with the canvases of gonum/plot: effect by month, survival with its table of
// those at risk, histograms, cost by year, balance (love plot) and overlap. Each comes as SVG and PNG, the same bytes
// every time.
//
// Two layers. The drawing functions take plain values and know nothing of a run:
//
//	fig := figure.Love([]figure.LoveRow{{Label: "age", Before: 0.42, After: []float64{0.03}}},
//		figure.Options{Lang: number.NB, Title: "Balanse", Names: []string{"nearest"}})
//	fig = figure.Overlap([]figure.Bin{{Low: 0, High: 0.1, Share: 0.3}, …}, comparison, figure.Options{Lang: number.EN})
//	svg, err := fig.SVG()
//	png, err := fig.PNG(200)
//
// The functions whose name begins with a table (EffectOf, DurationOf, …) pick the rows of a run and call them, and Files
// draws everything that belongs into a run folder.
//
// Rules of the house. NaN is a gap, never a zero. What is missing or suppressed is said in words in the figure. Colours
// are the data palette of Aksel in an order that stays apart in grey print, and each also has its own dash and mark, so
// that nothing rests on colour alone. The letters are Liberation Sans, which measures like Arial: an SVG that a browser
// shows in Arial keeps its layout. Nothing is drawn by log scale.
package figure
