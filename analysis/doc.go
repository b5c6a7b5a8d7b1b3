// Package analysis is a study: its file, its plan, its run. It joins the rooms below it and estimates nothing itself.
package analysis
