// Package report writes the report of a run: one HTML file a language that asks for nothing over the network, readable
// on a telephone and on paper. It reads the run and its tables after disclosure control and nothing else, computes no
// estimate, and says "significant" nowhere.
//
// Order: first what a person who decides needs (what, for whom, how much, at what price, how sure), then the evidence
// per tiltak (each figure with its table), then limitations written from the run's own figures together with what no
// figure tests and the researchers' notes, last what makes it repeatable.
package report
