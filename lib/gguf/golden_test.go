package gguf

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// goldens are SHA-256 hashes of what ggml 0.21's reference quantiser (x86-64, no FMA) makes of 1,024 rows of 256 values, and
// the first half of the hash of what it makes of its own blocks when it widens them again.
var goldens = []struct{ input, typ, blocks, values string }{
	{"A", "input", "42eae67ddd102ee42100137b54a43d9cd420a491f3af7ee69a5d6b5d0eff6c05", ""},
	{"A", "q4_K", "e88bbad788bdf213928220dae226f8f7f3bd8e521b48e6c41eaf38915e635b7d", "77e391d55900b3f272a3ae584576185f"},
	{"A", "q5_K", "14dce3adfbad11026448433e1b6cb2a2f164ab9df9af71c885e94c86da75b133", "501a951dc52080b2f8d7d080620ef4d3"},
	{"A", "q6_K", "2101e14c22d2d4ae076d4f1309336ae691b3c146d05f1eff82bf815f2da7efd6", "b7e3c38526dabcb5675e2539bbcb23c9"},
	{"A", "q8_0", "773abdc92f074cc597157e4c9b3af786c4d9e46d5c2c2464095350d6b4337252", "ba477493bcfd7cac7d37b94435730c21"},
	{"A", "q5_0", "df0e04ae8273bfd5cebebc3bdd1dddca10cc7a3607424cc415fbf5db9ffe0ae5", "d36dc9a253ffa34d93c84149c7a15085"},
	{"A", "q5_1", "a747a386e526efb6db4ce9dcaa99967d45bce6601b6ca50d0e1ca9e6ab48a368", "d68040c1ea872eb220ad6201fcc47701"},
	{"A", "q4_0", "9676974c27a4faf55fb4304b346a322c91d7a7161aef9bf82fa9358d41b319d9", "a63a7ca8355e9f1b39553335f5b2186a"},
	{"A", "f16", "afd2849db19b81eda5302a796962c19a45dcb53a8df1e6774da8b743877f8e08", "29a81315badf19482bc7465e9a2ac510"},
	{"A", "bf16", "c8bcc7263a1d7f1d223a5d9383f3fb9c76e4cfbed48201be439b90a901691e86", "9a32b2c8e5cd68f82214d5c6acaf20fb"},
	{"B", "input", "bce13ee62f31efbb4fcf3fd2faa1f3f87c6b80c80bdd2f3b8ccf7a3992610f78", ""},
	{"B", "q4_K", "71080a3608ee3457fbef6be59901f3505a169462861fd30c3ac9b9b4d08b6fe2", "437e88d928193152eb5fe8cba62bb808"},
	{"B", "q5_K", "0d7c7337452aafc9a3c3f5adfb4f724f3fdb756b3a93ecebeb7271af471efa4b", "99518eb8bfa81b84e9f23361640acdff"},
	{"B", "q6_K", "242e2c5d83c03fbc992e158030861d44193e4a35420af227327f896ffc132897", "32a7f1119c7887f2c1cc5cc49c8930dc"},
	{"B", "q8_0", "5ef474996d693401be2609b496d3645c7415bb7f159a74d3dfa6d156a2c5cd00", "96991b0f569e1654873f6aa7a37608bf"},
	{"B", "q5_0", "a3ed6f3b8c914bf401365a1cec9c4cbfb3221cf7673020547e1e2939325c7e17", "82fb164ba1094a93955bd8dead979c78"},
	{"B", "q5_1", "3bcb9df1cb100f66e46953b63197cc42f5406d9a8c1cbfa96866032fe3a939c5", "d694fc1dee221b0a9316e5572eced1d2"},
	{"B", "q4_0", "8a2dc583e426b2d9250431c2cd6bf78b7af9013279e6329b4e58fac139e23cef", "e0303a6112d1b7534f1e82cae63a2873"},
	{"B", "f16", "151dfd2fb383dad2643d1b625090cf2c0b6265178289cfb91500b8b50d1d2e7a", "56a945dd54263229641f1ec37818c502"},
	{"B", "bf16", "515dd53bc6128f1c962fbe6aac1c1d4d8414536af6093130373e108301f098fe", "32051ae4980781754e71cfe956658ae8"},
	{"C", "input", "105b23f88ce261023afc08b94727a501d2ef51181cec51fd3efbb43efb191430", ""},
	{"C", "q4_K", "e1cbe824e2a31258f787a2b7ff24fd06906255011529a3658d62774c4d6d392c", "9533ec06b7657d21ce154bb89a2abbd5"},
	{"C", "q5_K", "4ae8469d0e0967a8e5f701a6a1c2b7d0fa3124786e3940a1f4914ee7bad03375", "44ed6ed4ba92cd056f2ea21021165aa3"},
	{"C", "q6_K", "33aa9715eece2b6a8a4ceb85262b1fbe228637bd4194e339fa0e173c17a758db", "50f847b03240626f89793ce9931a6107"},
	{"C", "q8_0", "7d1b7f6fb1b5043db4ef6e0fafd3b2c4d1e15332350cf3bcdf621b8f11c0b9fd", "6084164ecae30f38044efcb863178e2f"},
	{"C", "q5_0", "77264e33d2b374d857da04fbdc1b57e1b047b02ed45b7d22b8384b771789c057", "c06f23620f329f18611bd835f6a87857"},
	{"C", "q5_1", "c9fcb49322ff720e5d18a1824789726291c6cb39bd709976dec4653d0f2060f7", "bc7f4cf1da0c3ae7ba4ef4b8e81d1cfc"},
	{"C", "q4_0", "a599a18d0935795058ee82b311c378cdea89c283737288ce3b528715936ae40a", "c06f23620f329f18611bd835f6a87857"},
	{"C", "f16", "71f2264bd6c1c8e9826beb749b8a41cc88a9794714eee2f71f547216c26dbbb6", "452350b9fb4fc3d990b2b3226353ec26"},
	{"C", "bf16", "99f525c84dded9dfc59ac6207c0557e614d4265aba8fb1a5d9dbe90acc839feb", "00f7d039851d1ce9ecb7669e4da0cd28"},
}

// goldenInputs are the values that the hashes belong to: a xorshift generator, its cube made small, and an offset.
func goldenInputs() map[string][]float32 {
	const n = 1024 * 256
	a, b, c := make([]float32, n), make([]float32, n), make([]float32, n)
	s := uint32(1)
	for i := range n {
		s ^= s << 13
		s ^= s >> 17
		s ^= s << 5
		v := (float32(s>>8) - 8388608) / 8388608
		a[i] = v
		b[i] = float32(float32(float32(v*v)*v) * 0.1)
		c[i] = 5 + v/64
	}
	return map[string][]float32{"A": a, "B": b, "C": c}
}

func TestBlocksEqualGGML(t *testing.T) {
	inputs := goldenInputs()
	for _, g := range goldens {
		x := inputs[g.input]
		if g.typ == "input" {
			if got := hash(floatBytes(x)); got != g.blocks {
				t.Fatalf("input %s has hash %s, want %s: the recipe is wrong", g.input, got, g.blocks)
			}
			continue
		}
		t.Run(g.input+"/"+g.typ, func(t *testing.T) {
			typ, err := ParseType(g.typ)
			if err != nil {
				t.Fatal(err)
			}
			size, err := RowBytes(typ, len(x))
			if err != nil {
				t.Fatal(err)
			}
			blocks := make([]byte, size)
			if err := Quantize(typ, blocks, x); err != nil {
				t.Fatal(err)
			}
			if got := hash(blocks); got != g.blocks {
				t.Errorf("blocks have hash %s, want %s", got, g.blocks)
			}
			values := make([]float32, len(x))
			if err := Dequantize(typ, values, blocks); err != nil {
				t.Fatal(err)
			}
			if got := hash(floatBytes(values)); !strings.HasPrefix(got, g.values) {
				t.Errorf("values have hash %s, want %s...", got, g.values)
			}
		})
	}
}

// TestGoldensAreTheReference compares the hashes above with the file that they were taken from.
func TestGoldensAreTheReference(t *testing.T) {
	f, err := os.Open(testenv.Shared(t, "gguf", "golden.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines int
	for scan := bufio.NewScanner(f); scan.Scan(); lines++ {
		field := strings.Fields(scan.Text())
		if lines >= len(goldens) {
			t.Fatalf("line %d is not in the test: %q", lines+1, scan.Text())
		}
		g := goldens[lines]
		want := []string{g.input, g.typ, "blocks", g.blocks, "dequantised", g.values}
		if g.typ == "input" {
			want = []string{g.input, g.typ, g.blocks}
		}
		for i, w := range want {
			if i >= len(field) || field[i] != w {
				t.Errorf("line %d is %q, the test has %q", lines+1, scan.Text(), want)
				break
			}
		}
	}
	if lines != len(goldens) {
		t.Errorf("the file has %d lines, the test %d", lines, len(goldens))
	}
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func floatBytes(x []float32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
