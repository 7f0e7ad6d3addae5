package modelfile

// Architecture is the value of general.architecture in every file of this library.
const Architecture = "jambathreat"

// Variants of the architecture.
const (
	Native   = "native"   // the network of package model
	Original = "original" // the network of the Python project, converted from its checkpoint: see package original
)

// formatVersion is the version of the keys below. A reader refuses newer files and reads all older ones.
const formatVersion = 1

// Keys that GGUF defines.
const (
	keyArchitecture = "general.architecture"
	keyType         = "general.type"
	keyName         = "general.name"
	keyBaseName     = "general.basename"
	keyVersion      = "general.version"
	keyDescription  = "general.description"
	keyLicense      = "general.license"
	keySizeLabel    = "general.size_label"
	keyTags         = "general.tags"
	keyQuantVersion = "general.quantization_version"
	keyFileType     = "general.file_type"
)

// Keys of the architecture. Those of the first group have the names that GGUF gives them for any transformer.
const (
	own = Architecture + "."

	keyBlocks  = own + "block_count"
	keyWidth   = own + "embedding_length"
	keyFFN     = own + "feed_forward_length"
	keyContext = own + "context_length"
	keyHeads   = own + "attention.head_count"
	keyEpsilon = own + "attention.layer_norm_epsilon"

	keyVariant   = own + "variant"
	keyFormat    = own + "format_version"
	keyEmbedding = own + "token.embedding"
	keyPrecision = own + "token.precision"

	keyTowerWidths  = own + "tower.widths"
	keyTowerEpsilon = own + "tower.norm_epsilon"
	keyMembers      = own + "tower.member_count"
	keyMemberLayer  = own + "tower.member_layer"
	keyOutputs      = own + "output_count"

	keyClasses     = own + "classes"
	keyThreshold   = own + "threshold"
	keyCalibration = own + "calibration.kind"
	keyTemperature = own + "calibration.temperature"
	keyIsotonicX   = own + "calibration.x"
	keyIsotonicY   = own + "calibration.y"
	keySchema      = own + "schema"

	keyFamiliesKnown = own + "families.known"
	keyFamiliesSeen  = own + "families.seen"

	keyReportDigest = own + "report.sha256"
	keyReportNames  = own + "report.metrics"
	keyReportValues = own + "report.values"

	keyFeatures  = own + "features."
	keyFConfig   = keyFeatures + "config"
	keyFVersion  = keyFeatures + "version"
	keyNumeric   = keyFeatures + "numeric."
	keyNNames    = keyNumeric + "names"
	keyNCounts   = keyNumeric + "counts"
	keyNMeans    = keyNumeric + "means"
	keyNStds     = keyNumeric + "stds"
	keyNFills    = keyNumeric + "fills"
	keyNDerive   = keyNumeric + "derived"
	keyNEdges    = keyNumeric + "edges"
	keyNEdgeN    = keyNumeric + "edge_counts"
	keyNQuant    = keyNumeric + "quantiles"
	keyNQuantN   = keyNumeric + "quantile_counts"
	keyNQuantRun = keyNumeric + "quantile_runs"

	keyCategorical = keyFeatures + "categorical."
	keyCNames      = keyCategorical + "names"
	keyCCounts     = keyCategorical + "category_counts"
	keyCCategories = keyCategorical + "categories"
)
