// One import for whoever uses the networks and their files of weights: `import PixelAdaptiveModels`.

@_exported import PACModels
@_exported import PACWeights
@_exported import PixelAdaptiveLayers
