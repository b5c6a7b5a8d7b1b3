// Package design turns columns of a table into the column-major design matrix of an estimator: numbers as they are,
// true and false as 1 and 0, factors as one 0/1 column a level but the first. Commands and studies share it, so that a term has one name
// everywhere.
//
// A term is the name of a column, or `COL:factor`, which makes a factor of a column of numbers or dates. A text column is
// always a factor. The columns of a factor are called `race=hispan`; its reference, which has none, is its first level:
// in byte order for texts, in ascending order for numbers and dates. Missing values are refused, since a row that falls
// away silently changes the question.
package design
