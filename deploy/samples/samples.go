// Package samples holds invented native records that make a demonstration move:
// exports of the six agencies and of the hub's sources, as their systems might
// write them. They tell a few connected stories (a farm near
// Boston and a house in Wisbech that three bodies see from three sides; a labour
// provider in Suffolk whose workers are in Cornwall and Scotland) and hold
// records that must not pass: badly graded ones, unsanitised ones, some above
// the ceiling, some that only the originator may keep, some that a statute bars.
//
// Every person, business, place and number is invented: names say so, telephone
// numbers are those that Ofcom keeps for drama, postcodes begin with ZZ99.
package samples

import "embed"

// Files holds one folder for each agency's inbox, by its name; below police one
// for each force, and below hmrc one for each of its two members.
//
//go:embed gla eas hmrc ukba soca police helpline crimestoppers
var Files embed.FS
