package faulttree

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// YAML returns the model in the text form of this package. The order is that of the model and every part has its own
// line, so that two versions of a file compare line by line. Reading it back gives the same model.
func (m *Model) YAML() []byte {
	w := &yamlWriter{}
	w.text("", "name", m.Name)
	w.text("", "description", m.Description)
	if m.MissionTime > 0 {
		w.line("", "mission_time: "+number(m.MissionTime))
	}
	if len(m.Top) > 0 {
		w.line("", "top: ["+joinQuoted(m.Top)+"]")
	}
	w.section("parameters", len(m.Parameters))
	for _, p := range m.Parameters {
		w.line("  ", quote(p.ID)+": "+exprText(p.Value))
	}
	w.section("house", len(m.Houses))
	for _, h := range m.Houses {
		w.line("  ", fmt.Sprintf("%s: %v", quote(h.ID), h.State))
	}
	w.section("gates", len(m.Gates))
	for _, g := range m.Gates {
		w.line("  ", quote(g.ID)+":")
		w.text("    ", "name", g.Name)
		w.text("    ", "description", g.Description)
		w.positive("    ", "severity", float64(g.Severity))
		w.text("    ", "mitigation", g.Mitigation)
		f := g.Formula
		if f.Op == Ref || f.Op == True || f.Op == False {
			f = &Formula{Op: Pass, Args: []*Formula{f}}
		}
		w.line("    ", "type: "+string(f.Op))
		if f.Op == Atleast {
			w.line("    ", "k: "+strconv.Itoa(f.K))
		}
		w.line("    ", "inputs:")
		for _, arg := range f.Args {
			w.line("      - ", formulaText(arg))
		}
	}
	w.section("events", len(m.Events))
	for _, e := range m.Events {
		w.line("  ", quote(e.ID)+":")
		w.text("    ", "name", e.Name)
		w.text("    ", "description", e.Description)
		w.positive("    ", "severity", float64(e.Severity))
		if e.Probability != nil {
			w.line("    ", "probability: "+exprText(e.Probability))
		}
		w.text("    ", "mitigation", e.Mitigation)
		w.positive("    ", "mitigation_effect", e.MitigationEffect)
		if bytes.HasSuffix(w.out.Bytes(), []byte(quote(e.ID)+":\n")) { // a bare member of a common-cause group
			w.out.Truncate(w.out.Len() - 1)
			w.line(" ", "{}")
		}
	}
	w.section("ccf", len(m.Groups))
	for _, g := range m.Groups {
		w.line("  ", quote(g.ID)+":")
		w.line("    ", "model: "+g.Model)
		w.line("    ", "members: ["+joinQuoted(g.Members)+"]")
		w.line("    ", "probability: "+exprText(g.Total))
		var factors []string
		for _, f := range g.Factors {
			factors = append(factors, exprText(f))
		}
		w.line("    ", "factors: ["+strings.Join(factors, ", ")+"]")
	}
	return w.out.Bytes()
}

type yamlWriter struct{ out bytes.Buffer }

func (w *yamlWriter) line(indent, text string) { w.out.WriteString(indent + text + "\n") }

func (w *yamlWriter) text(indent, key, text string) {
	if text != "" {
		w.line(indent, key+": "+quote(text))
	}
}

func (w *yamlWriter) positive(indent, key string, x float64) {
	if x > 0 {
		w.line(indent, key+": "+number(x))
	}
}

func (w *yamlWriter) section(name string, parts int) {
	if parts > 0 {
		w.line("", name+":")
	}
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// quote returns a YAML scalar for the text: plain where that cannot be mistaken for anything else.
func quote(text string) string {
	plain := text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ") == "" &&
		strings.TrimSpace(text) == text && text[0] != '-' && text[0] != '.'
	if plain {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			plain = false
		}
		switch strings.ToLower(text) {
		case "true", "false", "yes", "no", "on", "off", "null", "y", "n", "mission_time":
			plain = false
		}
		// "e1 " and the like are safe, 0x10 and 1_000 are numbers to some readers.
		plain = plain && (text[0] > '9' || text[0] < '0')
	}
	if plain {
		return text
	}
	return strconv.Quote(text)
}

func joinQuoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

func formulaText(f *Formula) string {
	switch f.Op {
	case Ref:
		return quote(f.Name)
	case True, False:
		return string(f.Op)
	}
	args := make([]string, len(f.Args))
	for i, arg := range f.Args {
		args[i] = formulaText(arg)
	}
	inputs := "[" + strings.Join(args, ", ") + "]"
	if f.Op == Atleast {
		return fmt.Sprintf("{type: atleast, k: %d, inputs: %s}", f.K, inputs)
	}
	return fmt.Sprintf("{%s: %s}", f.Op, inputs)
}

func exprText(e *Expr) string {
	switch e.Op {
	case "constant":
		return number(e.Number)
	case "parameter":
		return quote(e.Name)
	case "mission-time":
		return "mission_time"
	}
	args := make([]string, len(e.Args))
	for i, arg := range e.Args {
		args[i] = exprText(arg)
	}
	return "{" + e.Op + ": [" + strings.Join(args, ", ") + "]}"
}
