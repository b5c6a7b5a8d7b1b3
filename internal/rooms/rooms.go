// Package rooms holds the table of docs/rooms.md (who may import whom) against the packages as they are. It has a test
// and nothing else.
package rooms
