// Package export writes a finished run for those who write papers: an Excel workbook with every tidy table at full
// precision, and the tables of a paper in LaTeX (booktabs) and Markdown. It reads the run and its tables after disclosure
// control and nothing else, and computes no estimate. The same run gives the same bytes.
//
// The tables of a paper are: the effects that the report leads with, for every tiltak and group and by every method; who was
// included, step by step; balance before and after; costs; and the items of TARGET and STROBE.
package export
