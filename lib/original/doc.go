// Package original carries models of the Python project that this library succeeds into its model files, and computes
// what PyTorch computes for them in evaluation mode. It depends on no engine.
//
// The Python project published several networks under one class name, JambaThreatModel. A checkpoint holds parameters
// under names, but no activations and no order, so a network is recognised by its names and shapes and the rest follows
// from the published class: [Layouts] lists what is known. A state that is none of them, or has a tensor too many, is an
// error rather than a guess.
//
// Two properties of the originals matter for reading results:
//
//   - Their attention runs over a sequence of one element. The softmax over one key is 1, so the layer is
//     out_proj(v_proj(x)) exactly, and the query and key weights never had an effect: they are left behind. The same holds
//     for the recurrent weights of their GRUs, whose one step starts from a zero state.
//   - They were trained with the binary cross-entropy on logits, so the probability of an output is its sigmoid, and a row
//     is flagged at 0.5. The class "attention-gru-2" put the batch on the sequence axis, which made a row's result depend
//     on the other rows of its batch; here, as there for a batch of one, a row stands alone.
//
// Source: the repository sreeram-yashasvi/jamba-threat at 47d3377, and torch.nn for the layers.
package original
