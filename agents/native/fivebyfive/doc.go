// Package fivebyfive makes messages of 5x5x5 intelligence reports, which several
// agencies write: one graded line is one item, and every field has one meaning
// whoever sends it. How the report stands in a file is the adapter's concern: it
// hands over a tree of elements.
//
// What an agency's reports have of their own, such as a force code, is a [Form].
// The decisions that all share stand in the doc of package police: only
// sanitised reports leave, a source's identity never does, an area is never
// guessed, and every subject is mentioned by the items that mention it.
package fivebyfive
