"""What a submission's code may see and do: three levels of confinement, and a test of them."""

from mytutor.grading.sandbox.confinement import confine

__all__ = ["confine"]
