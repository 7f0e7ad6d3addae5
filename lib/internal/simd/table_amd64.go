package simd

import "golang.org/x/sys/cpu"

//go:generate go -C gen run . -machine avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg simd
//go:generate go -C gen run . -machine avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg simd

// tableOf returns the kernels of an instruction set, nil where this machine cannot run them. Package cpu reports a set
// only when the operating system saves its registers.
func tableOf(isa ISA) *table {
	x := &cpu.X86
	switch {
	case isa == Portable:
		return &portable
	case isa == AVX2 && x.HasAVX2 && x.HasFMA:
		return &avx2
	case isa == AVX512 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX2 && x.HasFMA:
		return &avx512
	}
	return nil
}

var avx2 = table{
	vectorTable: avx2Vector,
	multiply:    multiplyStrips,
	strips:      []stripFunc{strip1AVX2, strip2AVX2, strip3AVX2, strip4AVX2, strip5AVX2, strip6AVX2},
	height:      6,
	tiles:       []tileFunc{tile1AVX2, tile2AVX2, tile3AVX2, tile4AVX2, tile5AVX2, tile6AVX2},
	gemm:        gemmTiles,
	layerNorm:   layerNormAVX2,
	relu:        reluAVX2,
	silu:        siluAVX2,
	siluMul:     siluMulAVX2,
	mulMembers:  mulMembersAVX2,
	affine:      affineAVX2,
	affineSiLU:  affineSiLUAVX2,
	spread:      spreadAVX2,
	attend:      attendRowAVX2,
	meanTokens:  meanTokensAVX2,
	transpose:   transposeAVX2,
	exp:         expAVX2,
	sigmoid:     sigmoidAVX2,
}

var avx512 = table{
	vectorTable: avx512Vector,
	multiply:    multiplyStrips,
	strips: []stripFunc{strip1AVX512, strip2AVX512, strip3AVX512, strip4AVX512, strip5AVX512, strip6AVX512,
		strip7AVX512, strip8AVX512, strip9AVX512, strip10AVX512, strip11AVX512, strip12AVX512},
	height: 12,
	tiles: []tileFunc{tile1AVX512, tile2AVX512, tile3AVX512, tile4AVX512, tile5AVX512, tile6AVX512,
		tile7AVX512, tile8AVX512, tile9AVX512, tile10AVX512, tile11AVX512, tile12AVX512},
	gemm:       gemmTiles,
	layerNorm:  layerNormAVX512,
	relu:       reluAVX512,
	silu:       siluAVX512,
	siluMul:    siluMulAVX512,
	mulMembers: mulMembersAVX512,
	affine:     affineAVX512,
	affineSiLU: affineSiLUAVX512,
	spread:     spreadAVX512,
	attend:     attendRowAVX512,
	meanTokens: meanTokensAVX512,
	transpose:  transposeAVX2, // eight by eight: wider would need as many shuffles for each value
	exp:        expAVX512,
	sigmoid:    sigmoidAVX512,
}
