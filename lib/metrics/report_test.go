package metrics

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// attacks is a small test set: 3 benign rows, 2 of a known attack, 3 of a new one, 1 attack of unknown family.
func attacks() Input {
	return Input{
		Score:        []float64{0.1, 0.2, 0.7, 0.9, 0.8, 0.6, 0.3, 0.2, 0.4},
		Label:        []int32{0, 0, 0, 1, 1, 1, 1, 1, 1},
		Family:       []int32{0, 0, 0, 1, 1, 2, 2, 2, -1},
		Families:     []string{"normal", "neptune", "mscan", "never"},
		SeenFamilies: []string{"normal", "neptune"},
		Bootstrap:    100,
	}
}

func TestFamilies(t *testing.T) {
	r, err := Evaluate(attacks())
	if err != nil {
		t.Fatal(err)
	}
	want := []FamilyRecall{{"mscan", false, 3, 1.0 / 3}, {"neptune", true, 2, 1}}
	if diff := cmp.Diff(want, r.Families); diff != "" {
		t.Error(diff)
	}
	if r.RecallSeen != 1 || r.RecallUnseen != 1.0/3 || r.Threshold != 0.5 || r.Positives != 6 {
		t.Errorf("recall seen %v, unseen %v, threshold %v, positives %d", r.RecallSeen, r.RecallUnseen, r.Threshold, r.Positives)
	}

	in := attacks()
	in.SeenFamilies = nil
	if r, err = Evaluate(in); err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(r.RecallUnseen) || !r.Families[0].Seen {
		t.Errorf("without SeenFamilies all families count as seen: %+v", r.Families)
	}
	in.SeenFamilies = []string{} // known to be none, which differs from not known
	if r, err = Evaluate(in); err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(r.RecallSeen) || r.Families[0].Seen {
		t.Errorf("with no family seen: %+v", r.Families)
	}
}

// TestReportJSON checks the documented members and that nothing is lost on the way.
func TestReportJSON(t *testing.T) {
	r, err := Evaluate(attacks())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rows", "positives", "threshold", "metrics", "intervals", "confusion", "families", "recall_seen", "recall_unseen"} {
		if members[name] == nil {
			t.Errorf("no member %q in %s", name, text)
		}
	}
	if len(members) != 9 {
		t.Errorf("%d members in %s", len(members), text)
	}
	if got, want := string(members["confusion"]), `{"tn":2,"fp":1,"fn":3,"tp":3}`; got != want {
		t.Errorf("confusion %s, want %s", got, want)
	}
	var names []string
	dec := json.NewDecoder(strings.NewReader(string(members["metrics"])))
	for depth := 0; dec.More() || depth == 0; depth++ {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := token.(string); ok {
			names = append(names, name)
		}
	}
	if diff := cmp.Diff(Names(), names); diff != "" {
		t.Errorf("order of metrics: %s", diff)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r, back); diff != "" {
		t.Errorf("lost on the way: %s", diff)
	}
}

func TestUndefinedIsNull(t *testing.T) {
	r, err := Evaluate(Input{Score: []float64{0.2, 0.4}, Label: []int32{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"roc_auc":null`, `"fpr":null`, `"recall_seen":null`, `"recall_unseen":null`, `"pr_auc":1`, `"families":[]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r, back, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if s := r.String(); !strings.Contains(s, "roc_auc                 -\n") {
		t.Errorf("undefined metrics print as a dash:\n%s", s)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Input){
		"family outside":     func(in *Input) { in.Family[3] = 4 },
		"families too short": func(in *Input) { in.Family = in.Family[:2] },
		"threshold NaN":      func(in *Input) { in.Threshold = math.NaN() },
		"threshold Inf":      func(in *Input) { in.Threshold = math.Inf(1) },
		"score above 1":      func(in *Input) { in.Score[0] = 1.5 },
		"one resample":       func(in *Input) { in.Bootstrap = 1 },
	} {
		in := attacks()
		spoil(&in)
		if _, err := Evaluate(in); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v, want ErrInput", name, err)
		}
	}
}

func TestEvaluateLeavesItsInputAlone(t *testing.T) {
	in, twin := attacks(), attacks()
	if _, err := Evaluate(in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(twin, in); diff != "" {
		t.Error(diff)
	}
}

func TestClassReportJSONAndText(t *testing.T) {
	in := ClassInput{Prob: []float64{.8, .1, .1, .2, .7, .1, .6, .3, .1, .3, .3, .4}, Label: []int32{0, 1, 1, 0}, Classes: []string{"benign", "dos", "probe"}}
	r, err := EvaluateClasses(in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back ClassReport
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r, back, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(text), `"roc_auc":null`) {
		t.Errorf("the class without rows has no AUC: %s", text)
	}
	if s := r.String(); !strings.Contains(s, "probe") || !strings.Contains(s, "macro") {
		t.Errorf("text:\n%s", s)
	}
	for name, spoil := range map[string]func(*ClassInput){
		"one class":  func(in *ClassInput) { in.Classes = in.Classes[:1] },
		"no rows":    func(in *ClassInput) { in.Prob, in.Label = nil, nil },
		"length":     func(in *ClassInput) { in.Prob = in.Prob[1:] },
		"label":      func(in *ClassInput) { in.Label = []int32{0, 1, 3, 0} },
		"negative":   func(in *ClassInput) { in.Label = []int32{0, 1, -1, 0} },
		"NaN":        func(in *ClassInput) { in.Prob = slices.Clone(in.Prob); in.Prob[2] = math.NaN() },
		"row of 0":   func(in *ClassInput) { in.Prob = make([]float64, 12) },
		"above one":  func(in *ClassInput) { in.Prob = slices.Clone(in.Prob); in.Prob[2] = 1.01 },
		"no classes": func(in *ClassInput) { in.Classes = nil },
	} {
		bad := in
		spoil(&bad)
		if _, err := EvaluateClasses(bad); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v, want ErrInput", name, err)
		}
	}
}

func TestUnknownMetricListsTheKnown(t *testing.T) {
	if _, err := (Values{}).Get("auroc"); err == nil || !strings.Contains(err.Error(), "roc_auc, pr_auc") {
		t.Errorf("got %v", err)
	}
}

func TestCalibratorRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	prob, label := sample(rng, 500)
	logit := make([]float64, len(prob))
	for i, p := range prob {
		logit[i] = Logit(min(max(p, 0.001), 0.999))
	}
	iso, err := FitIsotonic(prob, label)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := FitTemperature(logit, label)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Calibrator{{}, nil, iso, temp} {
		var back *Calibrator
		text, err := json.Marshal(c)
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil {
			t.Fatal(err)
		}
		last := -1.0
		for i := range 1001 {
			p := float64(i) / 1000
			got := c.Apply(p)
			if got < last || got < 0 || got > 1 || back.Apply(p) != got {
				t.Fatalf("%s: Apply(%v) = %v after %v, read back %v", text, p, got, last, back.Apply(p))
			}
			if (c == nil || c.Kind == Identity) && got != p {
				t.Fatalf("the identity maps %v to %v", p, got)
			}
			last = got
		}
		if !math.IsNaN(c.Apply(math.NaN())) {
			t.Error("NaN did not stay NaN")
		}
	}
	// On the rows they were fitted on, both lower the loss they minimise.
	before, _ := Brier(prob, label)
	calibrated := make([]float64, len(prob))
	for i, p := range prob {
		calibrated[i] = iso.Apply(p)
	}
	if after, _ := Brier(calibrated, label); after > before {
		t.Errorf("isotonic: Brier %v -> %v", before, after)
	}
}

func TestFitTemperatureAtTheBounds(t *testing.T) {
	separable, err := FitTemperature([]float64{-1, 1}, []int32{0, 1})
	if err != nil || math.Abs(separable.Temperature-minTemperature) > 1e-6 {
		t.Errorf("separable: %+v, %v", separable, err)
	}
	reversed, err := FitTemperature([]float64{-1, 1}, []int32{1, 0})
	if err != nil || math.Abs(reversed.Temperature-maxTemperature) > 1e-3 {
		t.Errorf("reversed: %+v, %v", reversed, err)
	}
	flat, err := FitTemperature([]float64{0, 0}, []int32{1, 0})
	if err != nil || flat.Validate() != nil {
		t.Errorf("logits that are all 0: %+v, %v", flat, err)
	}
	for _, label := range [][]int32{{0, 0}, {1, 1}} {
		if _, err := FitTemperature([]float64{-1, 1}, label); !errors.Is(err, ErrOneClass) {
			t.Errorf("one class: %v", err)
		}
		if _, err := FitIsotonic([]float64{0.1, 0.9}, label); !errors.Is(err, ErrOneClass) {
			t.Errorf("one class: %v", err)
		}
	}
}

func TestCalibratorRefusesDamagedJSON(t *testing.T) {
	for _, text := range []string{
		`{"kind":"temperature"}`, `{"kind":"temperature","temperature":-1}`, `{"kind":"platt"}`, `{"kind":"isotonic"}`,
		`{"kind":"isotonic","x":[0.5],"y":[]}`, `{"kind":"isotonic","x":[0.5,0.5],"y":[0,1]}`,
		`{"kind":"isotonic","x":[0,1],"y":[1,0]}`, `{"kind":"isotonic","x":[0,2],"y":[0,1]}`, `{"kind":7}`,
	} {
		var c Calibrator
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s was accepted as %+v", text, c)
		}
	}
	odd := Calibrator{Kind: Isotonic, X: []float64{0.1, 0.2}, Y: []float64{0.3}}
	if got := odd.Apply(0.15); got != 0.15 {
		t.Errorf("a calibrator that makes no sense changed %v to %v", 0.15, got)
	}
}
