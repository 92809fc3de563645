// Package protocol holds the protocol that is in force when nobody gives
// another: the default table set, embedded. It is the table set of 2009, which
// judges a message on the day it was created.
//
// Each table is a CSV file that a lawyer can read and change; the package
// policy says what each column means, refuses whatever it does not know, and
// is the only reader. Every row carries its source and how sure of it we are:
// "found" is public material that was read, "the reply" the Government Reply
// to HC 23, "own knowledge" and "design" what they say. Nothing in the tables
// is legal advice.
//
// Gateways of the project's list that are not in gateways.csv have nobody or
// nothing to apply to yet: National Minimum Wage Act 1998 s.15(3)-(5) (bodies
// that are no members), Immigration, Asylum and Nationality Act 2006 ss.32-39
// (passenger and freight data), Serious Crime Act 2007 s.68 (anti-fraud
// organisations), Proceeds of Crime Act 2002 ss.330-338 (the regulated sector),
// Borders, Citizenship and Immigration Act 2009 ss.14-18 (customs officials
// within UKBA, and their information), the duties towards children of the
// Children Act 2004, which are no powers, and everything foreign.
package protocol

import "embed"

// Tables is the default table set, with its files at the root.
//
//go:embed *.csv
var Tables embed.FS
