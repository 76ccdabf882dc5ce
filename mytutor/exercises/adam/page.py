"""Where the exercises on Adam belong."""

CHAPTER, PAGE = "Adam", "adaptive/adam"
