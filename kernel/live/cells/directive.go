package cells

import "strings"

// Directive is a line of a cell that is no Go: %name or !command, as GoNB has them.
type Directive struct {
	Line int    // from 1
	Text string // with the leading character
}

// Directives takes the lines that begin with % or ! out of a cell. The source that is left has empty lines in their
// place, so that positions stay. Lines inside raw strings and comments are text, not directives.
func Directives(src string) (string, []Directive) {
	src = strings.ReplaceAll(src, "\r\n", "\n")
	var found []Directive
	var in byte // '`' inside a raw string, '*' inside a comment, else 0
	lines := strings.Split(src, "\n")
	for i, line := range lines {
		if in == 0 && line != "" && (line[0] == '%' || line[0] == '!') {
			found = append(found, Directive{Line: i + 1, Text: line})
			lines[i] = ""
			continue
		}
		in = scanLine(line, in)
	}
	return strings.Join(lines, "\n"), found
}

// scanLine follows raw strings and block comments over one line of Go.
func scanLine(line string, in byte) byte {
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		switch {
		case in == '`':
			if line[i] == '`' {
				in = 0
			}
		case in == '*':
			if strings.HasPrefix(rest, "*/") {
				in = 0
				i++
			}
		case strings.HasPrefix(rest, "//"):
			return 0
		case strings.HasPrefix(rest, "/*"):
			in = '*'
			i++
		case line[i] == '`':
			in = '`'
		case line[i] == '"' || line[i] == '\'':
			i += quoted(rest) - 1
		}
	}
	return in
}

// quoted returns the length of the quoted text at the beginning of s, up to the end of the line when it is not closed.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}
