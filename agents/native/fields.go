package native

import "strings"

// Fields are the fields of one row of a table, by the names of its columns.
type Fields struct {
	Values map[string]string
	// Lines is where each field begins.
	Lines map[string]int
}

// FieldsOf cleans the values of a row that begins at a line, one for each
// column. It ends at the first that cannot be cleaned, and names it.
func FieldsOf(line int, columns, values []string) (f Fields, bad string, p *Problem) {
	f = Fields{map[string]string{}, map[string]int{}}
	for i, name := range columns {
		f.Lines[name] = line
		line += strings.Count(values[i], "\n")
		clean, p := Clean(values[i])
		if p != nil {
			return f, name, p
		}
		f.Values[name] = clean
	}
	return f, "", nil
}
