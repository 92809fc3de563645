// Package markup makes records of package agents from the XML that package
// native reads. It holds what every adapter of an XML export does alike: going
// through the file record by record ([Export]), and accounting for every part of
// a record ([Account]), so that nothing is left out without being listed.
package markup
