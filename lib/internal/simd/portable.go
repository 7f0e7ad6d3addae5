package simd

var portable = table{
	vectorTable: portableVector,
	multiply:    multiplyPortable,
	height:      portableHeight,
	gemm:        gemmPortable,
	layerNorm:   layerNormPortable,
	relu:        reluPortable,
	silu:        siluPortable,
	siluMul:     siluMulPortable,
	mulMembers:  mulMembersPortable,
	affine:      affinePortable,
	affineSiLU:  affineSiLUPortable,
	spread:      spreadPortable,
	attend:      attendRowPortable,
	meanTokens:  meanTokensPortable,
	transpose:   transposePortable,
	exp:         expPortable,
	sigmoid:     sigmoidPortable,
}
