"""Where the exercises on minibatches belong."""

CHAPTER, PAGE = "Minibatches", "descent/minibatches"
