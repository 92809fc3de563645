// Package native knows the habits that old exports share, so that each agency's
// adapter need not: Windows-1252 text, day-first and part dates, "N/K" for what
// is not known, surname-first names, postcodes without a space, gradings and
// markings as officers write them, and places that have to become areas.
//
// Its rule is that nothing is guessed. What cannot be read for certain is a
// [Problem] that says what to do, and what is not known is reported as not
// known, so that no assumption travels on as a fact.
//
// Functions keep no state and may be called by several goroutines.
package native
