package faulttree

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const scopes = `<?xml version="1.0"?>
<!-- private names hide public ones, and paths reach into components -->
<opsa-mef>
  <define-fault-tree name="plant">
    <label>Two trains</label>
    <define-gate name="top"><or><gate name="train1.fails"/><gate name="train2.fails"/><event name="Pump"/></or></define-gate>
    <define-component name="train1" role="private">
      <define-gate name="fails"><and><basic-event name="pump"/><event name="shared" type="basic-event"/></and></define-gate>
      <define-basic-event name="pump"><float value="0.1"/></define-basic-event>
    </define-component>
    <define-component name="train2" role="private">
      <define-gate name="fails"><and><event name="pump"/><event name="shared"/><house-event name="open"/></and></define-gate>
      <define-basic-event name="pump"><parameter name="rate"/></define-basic-event>
      <define-parameter name="rate"><float value="0.2"/></define-parameter>
      <define-basic-event name="shared" role="public"><parameter name="rate"/></define-basic-event>
    </define-component>
    <define-house-event name="open"><constant value="true"/></define-house-event>
  </define-fault-tree>
  <model-data>
    <define-parameter name="rate"><mul><int value="5"/><float value="0.1"/></mul></define-parameter>
    <define-basic-event name="pump"><float value="0.9"/></define-basic-event>
    <define-basic-event name="Pump">
      <attributes><attribute name="severity" value="4"/><attribute name="mitigation" value="spare pump"/></attributes>
      <float value="1e-3"/>
    </define-basic-event>
  </model-data>
</opsa-mef>`

func TestMEFScopes(t *testing.T) {
	m := parse(t, "plant.xml", scopes)
	a := analyze(t, m, Options{Top: "top"})
	// (0.1 or 0.2) and the public "shared", whose rate is that of its component; or "Pump", which is not "pump".
	want := 1 - (1-0.2*(1-0.9*0.8))*(1-1e-3)
	if !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
		t.Errorf("P = %v, want %v", *a.Probability.Exact, want)
	}
	var names []string
	for _, c := range a.TopCutSets {
		names = append(names, strings.Join(c.Events, " "))
	}
	if got := strings.Join(names, ", "); got != "plant.train2.pump shared, plant.train1.pump shared, Pump" {
		t.Errorf("cut sets %s", got)
	}
	for _, e := range m.Events {
		if e.ID == "Pump" && (e.Severity != 4 || e.Mitigation != "spare pump") {
			t.Errorf("attributes of Pump: %+v", e)
		}
	}
}

func TestMEFFormulas(t *testing.T) {
	for formula, want := range map[string]float64{
		`<and><basic-event name="a"/><not><basic-event name="b"/></not></and>`:                                                                0.1 * 0.8,
		`<xor><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></xor>`:                                                    0.1*0.8*0.7 + 0.9*0.2*0.7 + 0.9*0.8*0.3 + 0.1*0.2*0.3,
		`<nand><basic-event name="a"/><basic-event name="b"/></nand>`:                                                                         1 - 0.02,
		`<nor><basic-event name="a"/><basic-event name="b"/></nor>`:                                                                           0.9 * 0.8,
		`<iff><basic-event name="a"/><basic-event name="b"/></iff>`:                                                                           0.1*0.2 + 0.9*0.8,
		`<imply><basic-event name="a"/><basic-event name="b"/></imply>`:                                                                       1 - 0.1*0.8,
		`<null><basic-event name="a"/></null>`:                                                                                                0.1,
		`<basic-event name="b"/>`:                                                                                                             0.2,
		`<or><constant value="false"/><basic-event name="c"/></or>`:                                                                           0.3,
		`<atleast min="2"><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></atleast>`:                                    0.1*0.2*0.7 + 0.1*0.8*0.3 + 0.9*0.2*0.3 + 0.1*0.2*0.3,
		`<cardinality min="1" max="1"><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></cardinality>`:                    0.1*0.8*0.7 + 0.9*0.2*0.7 + 0.9*0.8*0.3,
		`<cardinality min="0" max="2"><basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></cardinality>`:                    1 - 0.1*0.2*0.3,
		`<or><and><or><basic-event name="a"/><basic-event name="b"/></or><basic-event name="c"/></and><constant value="false"/></or>`:         (1 - 0.9*0.8) * 0.3,
		`<atleast min="2"><basic-event name="a"/><constant value="true"/><and><basic-event name="b"/><basic-event name="c"/></and></atleast>`: 1 - 0.9*(1-0.06),
	} {
		text := `<opsa-mef><define-fault-tree name="t"><define-gate name="top">` + formula + `</define-gate>
			<define-basic-event name="a"><float value="0.1"/></define-basic-event><define-basic-event name="b"><float value="0.2"/></define-basic-event>
			<define-basic-event name="c"><float value="0.3"/></define-basic-event></define-fault-tree></opsa-mef>`
		a := analyze(t, parse(t, "f.xml", text), Options{})
		if !near(float64(*a.Probability.Exact), want, 1e-13, 0) {
			t.Errorf("%s: P = %v, want %v", formula, *a.Probability.Exact, want)
		}
	}
}

func TestMEFExpressions(t *testing.T) {
	for expression, want := range map[string]float64{
		`<exponential><float value="1e-3"/><float value="1000"/></exponential>`:                                                                       0.6321205588285577,
		`<GLM><float value="0"/><float value="1e-3"/><float value="0"/><float value="1000"/></GLM>`:                                                   0.6321205588285577,
		`<Weibull><float value="1000"/><float value="1"/><float value="0"/><float value="1000"/></Weibull>`:                                           0.6321205588285577,
		`<lognormal-deviate><float value="0.01"/><float value="3"/><float value="0.95"/></lognormal-deviate>`:                                         0.01,
		`<histogram><float value="0"/><bin><float value="0.1"/><float value="1"/></bin><bin><float value="0.3"/><float value="1"/></bin></histogram>`: 0.125,
		`<switch><case><gt><float value="1"/><float value="2"/></gt><float value="0.1"/></case><float value="0.2"/></switch>`:                         0.2,
		`<ite><bool value="true"/><float value="0.3"/><float value="7"/></ite>`:                                                                       0.3,
		`<div><pi/><float value="10"/></div>`: 0.3141592653589793,
	} {
		text := `<opsa-mef><define-fault-tree name="t"><define-gate name="top"><basic-event name="a"/></define-gate></define-fault-tree>
			<model-data><define-basic-event name="a">` + expression + `</define-basic-event></model-data></opsa-mef>`
		a := analyze(t, parse(t, "e.xml", text), Options{})
		if !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
			t.Errorf("%s: P = %v, want %v", expression, *a.Probability.Exact, want)
		}
	}
}

func TestBadMEF(t *testing.T) {
	const tree = `<opsa-mef><define-fault-tree name="t">%s</define-fault-tree></opsa-mef>`
	const a = `<define-basic-event name="a"><float value="0.1"/></define-basic-event>`
	for _, test := range []struct{ name, text, want string }{
		{"malformed", "<opsa-mef>\n<define-fault-tree name=\"t\">\n</opsa-mef>", "x.xml:3:"},
		{"cut", "<opsa-mef>\n  <define-fault-tree name=\"t\">", "the file ends inside <define-fault-tree> opened at x.xml:2:3"},
		{"other root", "<html></html>", "x.xml:1:1: the root element is <html>"},
		{"two roots", "<opsa-mef></opsa-mef><opsa-mef></opsa-mef>", "a second root"},
		{"entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><opsa-mef>&e;</opsa-mef>`, "names entities"},
		{"growing entities", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opsa-mef>&b;</opsa-mef>`, "names entities"},
		{"external document type", `<!DOCTYPE opsa-mef SYSTEM "http://example.com/x.dtd"><opsa-mef/>`, "names entities"},
		{"unknown entity", `<opsa-mef>&x;</opsa-mef>`, "malformed XML"},
		{"deep", strings.Repeat("<opsa-mef>", 100_000), "nested deeper than 500"},
		{"encoding", `<?xml version="1.0" encoding="utf-16"?><opsa-mef/>`, "UTF-8"},
		{"undefined", fmt.Sprintf(tree, "\n<define-gate name=\"g\"><or>\n<gate name=\"h\"/>"+`</or></define-gate>`), `x.xml:3:1: gate "h" is not defined`},
		{"case", fmt.Sprintf(tree, `<define-gate name="g"><or><basic-event name="A"/></or></define-gate>`+a), `"A" is not defined`},
		{"wrong kind", fmt.Sprintf(tree, `<define-gate name="g"><or><gate name="a"/></or></define-gate>`+a), `"a" is used as a gate but defined as a basic-event`},
		{"duplicate", fmt.Sprintf(tree, a+a), `basic-event "a" is already defined as a basic-event`},
		{"cycle", fmt.Sprintf(tree, `<define-gate name="g"><or><gate name="h"/></or></define-gate><define-gate name="h"><or><gate name="g"/></or></define-gate>`), `gate "g" is below itself: g -> h -> g`},
		{"k above n", fmt.Sprintf(tree, `<define-gate name="g"><atleast min="3"><event name="a"/></atleast></define-gate>`+a), "at least 3 of 1"},
		{"k", fmt.Sprintf(tree, `<define-gate name="g"><atleast min="two"><event name="a"/></atleast></define-gate>`+a), `min="two"`},
		{"probability", fmt.Sprintf(tree, `<define-gate name="g"><or><event name="a"/></or></define-gate><define-basic-event name="a"><float value="1.5"/></define-basic-event>`), `"a" has probability 1.5`},
		{"missing probability", fmt.Sprintf(tree, `<define-gate name="g"><or><event name="a"/></or></define-gate><define-basic-event name="a"/>`), `"a" has no probability`},
		{"infinite", fmt.Sprintf(tree, `<define-basic-event name="a"><float value="inf"/></define-basic-event>`), "not a finite number"},
		{"two bodies", fmt.Sprintf(tree, `<define-gate name="g"><event name="a"/><event name="a"/></define-gate>`+a), "a second body"},
		{"no body", fmt.Sprintf(tree, `<define-gate name="g"/>`+a), `gate "g" has no body`},
		{"no name", fmt.Sprintf(tree, `<define-gate><event name="a"/></define-gate>`+a), "has no name"},
		{"dot", fmt.Sprintf(tree, `<define-gate name="g.h"><event name="a"/></define-gate>`+a), "cannot contain a dot"},
		{"role", fmt.Sprintf(tree, `<define-gate name="g" role="secret"><event name="a"/></define-gate>`+a), `role "secret"`},
		{"unknown element", fmt.Sprintf(tree, `<define-magic name="g"/>`), "unknown element <define-magic>"},
		{"unknown formula", fmt.Sprintf(tree, `<define-gate name="g"><maybe/></define-gate>`), "unknown formula <maybe>"},
		{"unknown expression", fmt.Sprintf(tree, `<define-basic-event name="a"><guess/></define-basic-event>`), "unknown expression <guess>"},
		{"include outside", fmt.Sprintf(tree, `<include href="../other.xml"/>`), "is refused"},
		{"include absolute", fmt.Sprintf(tree, `<include href="/etc/passwd"/>`), "is refused"},
		{"include missing", fmt.Sprintf(tree, `<include href="no-such.xml"/>`), "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(test.text), "x.xml")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if !errors.Is(err, ErrModel) {
				t.Errorf("%v is not an ErrModel", err)
			}
		})
	}
}

func TestMEFInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	main := write("main.xml", `<opsa-mef xmlns:xi="http://www.w3.org/2001/XInclude"><define-fault-tree name="t">
		<define-gate name="top"><or><event name="a"/></or></define-gate></define-fault-tree><xi:include href="data/events.xml"/></opsa-mef>`)
	write("data/events.xml", `<opsa-mef><model-data><define-basic-event name="a"><float value="0.25"/></define-basic-event></model-data></opsa-mef>`)
	m, err := Read(main)
	if err != nil {
		t.Fatal(err)
	}
	if a := analyze(t, m, Options{}); *a.Probability.Exact != 0.25 {
		t.Errorf("P = %v", *a.Probability.Exact)
	}
	write("data/events.xml", `<opsa-mef xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="events.xml"/></opsa-mef>`)
	if _, err := Read(main); err == nil || !strings.Contains(err.Error(), "include itself") {
		t.Errorf("a file that includes itself: %v", err)
	}
}

func TestMEFEncoding(t *testing.T) {
	text := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><opsa-mef><define-fault-tree name=\"t\"><define-gate name=\"top\"><event name=\"k\xfchl\"/></define-gate>" +
		"<define-basic-event name=\"k\xfchl\"><float value=\"0.5\"/></define-basic-event></define-fault-tree></opsa-mef>"
	if m := parse(t, "latin.xml", text); m.Events[0].ID != "kühl" {
		t.Errorf("name %q", m.Events[0].ID)
	}
}

const eventTrees = `<opsa-mef>
<define-initiating-event name="IE" event-tree="first"/>
<define-event-tree name="first">
  <define-functional-event name="F"/><define-functional-event name="G"/>
  <define-sequence name="ok"/>
  <define-sequence name="bad"/>
  <define-sequence name="on"><event-tree name="second"/></define-sequence>
  <define-branch name="g">
    <fork functional-event="G">
      <path state="works"><collect-formula><not><gate name="g"/></not></collect-formula><sequence name="ok"/></path>
      <path state="fails"><collect-formula><gate name="g"/></collect-formula><sequence name="bad"/></path>
    </fork>
  </define-branch>
  <initial-state>
    <fork functional-event="F">
      <path state="works"><collect-formula><not><gate name="f"/></not></collect-formula><branch name="g"/></path>
      <path state="fails"><collect-formula><gate name="f"/></collect-formula><sequence name="on"/></path>
    </fork>
  </initial-state>
</define-event-tree>
<define-event-tree name="second">
  <define-sequence name="late"/><define-sequence name="never"/>
  <initial-state>
    <set-house-event name="switch"><constant value="true"/></set-house-event>
    <rule name="both"/>
    <if><test-functional-event name="F" state="works"/><collect-formula><constant value="false"/></collect-formula></if>
    <sequence name="late"/>
  </initial-state>
</define-event-tree>
<define-rule name="both"><collect-formula><gate name="g"/></collect-formula><collect-expression><float value="0.5"/></collect-expression></define-rule>
<define-fault-tree name="t">
  <define-gate name="f"><or><event name="a"/></or></define-gate>
  <define-gate name="g"><or><event name="b"/><and><event name="c"/><house-event name="switch"/></and></or></define-gate>
  <define-basic-event name="a"><float value="0.1"/></define-basic-event>
  <define-basic-event name="b"><float value="0.2"/></define-basic-event>
  <define-basic-event name="c"><float value="0.3"/></define-basic-event>
  <define-house-event name="switch"><constant value="false"/></define-house-event>
</define-fault-tree>
</opsa-mef>`

func TestEventTrees(t *testing.T) {
	m := parse(t, "et.xml", eventTrees)
	for top, want := range map[string]float64{
		"IE.ok":   0.9 * 0.8,
		"IE.bad":  0.9 * 0.2,
		"IE.late": 0.1 * (1 - 0.8*0.7) * 0.5, // linked, with the house event on
	} {
		if a := analyze(t, m, Options{Top: top}); !near(float64(*a.Probability.Exact), want, 1e-13, 0) {
			t.Errorf("P(%s) = %v, want %v", top, *a.Probability.Exact, want)
		}
	}
	if got := strings.Join(m.Tops(), " "); got != "IE.ok IE.bad IE.late" {
		t.Errorf("tops %s", got)
	}
	for _, change := range []struct{ old, new, want string }{
		{`<event-tree name="second"/>`, `<event-tree name="first"/>`, "link in a circle: first -> first"},
		{`<event-tree name="second"/>`, `<event-tree name="third"/>`, `event tree "third" is not defined`},
		{`<branch name="g"/>`, `<branch name="h"/>`, `branch "h" is not defined`},
		{`<sequence name="late"/>`, ``, "ends without a sequence"},
		{`<rule name="both"/>`, `<rule name="none"/>`, `rule "none" is not defined`},
		{`<set-house-event name="switch">`, `<set-house-event name="a">`, "needs the name of a house event"},
		{`event-tree="first"`, `event-tree="zero"`, `event tree "zero" is not defined`},
	} {
		text := strings.Replace(eventTrees, change.old, change.new, 1)
		if strings.Contains(change.old, "sequence name=\"late\"") {
			text = strings.Replace(eventTrees, "</if>\n    <sequence name=\"late\"/>", "</if>", 1)
		}
		if _, err := Parse(strings.NewReader(text), "et.xml"); err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s -> %s: got %v, want %q", change.old, change.new, err, change.want)
		}
	}
}
