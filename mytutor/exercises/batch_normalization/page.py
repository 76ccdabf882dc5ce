"""Where the exercises on batch normalization belong."""

CHAPTER, PAGE = "Batch normalization", "normalization/batch-normalization"
BACKWARD = "Backward, by hand"
