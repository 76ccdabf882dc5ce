"""Mistakes in Adam's update, as students and blogs make them."""

from mytutor.checking import Misconception

STEP = "lr * mhat / (sqrt(vhat) + eps)"
MISTAKES = (
    Misconception(
        "missing bias correction",
        "m and v start at zero, so early on they are too small; dividing them by 1 - beta^t "
        "puts that right.",
        {"m / (1 - beta1**t)": "m", "v / (1 - beta2**t)": "v"},
    ),
    Misconception(
        "missing bias correction of m",
        "v is corrected for starting at zero; m is not.",
        {"m / (1 - beta1**t)": "m"},
    ),
    Misconception(
        "missing bias correction of v",
        "m is corrected for starting at zero; v is not.",
        {"v / (1 - beta2**t)": "v"},
    ),
    Misconception(
        "missing power in the bias correction",
        "1 - beta is the correction of the first step only; the correction at step t is 1 - "
        "beta^t.",
        {"beta1**t": "beta1", "beta2**t": "beta2"},
    ),
    Misconception(
        "beta times t in the bias correction",
        "The correction is 1 - beta to the power t: `beta**t`, not `beta * t`.",
        {"beta1**t": "beta1 * t", "beta2**t": "beta2 * t"},
    ),
    Misconception(
        "missing brackets in the bias correction",
        "m / 1 - beta^t divides by 1 and then subtracts: 1 - beta^t needs brackets.",
        {"m / (1 - beta1**t)": "m / 1 - beta1**t", "v / (1 - beta2**t)": "v / 1 - beta2**t"},
    ),
    Misconception(
        "multiplied by the bias correction",
        "The moments are too small early on, so they are divided by 1 - beta^t, not multiplied.",
        {"m / (1 - beta1**t)": "m * (1 - beta1**t)", "v / (1 - beta2**t)": "v * (1 - beta2**t)"},
    ),
    Misconception(
        "betas swapped in the bias correction",
        "m is an average with beta1 and is corrected with beta1; v goes with beta2.",
        {"beta1**t": "beta2**t", "beta2**t": "beta1**t"},
    ),
    Misconception(
        "power around 1 - beta in the bias correction",
        "The correction is one minus beta to the power t, `1 - beta**t`, not `(1 - beta)**t`.",
        {"1 - beta1**t": "(1 - beta1) ** t", "1 - beta2**t": "(1 - beta2) ** t"},
    ),
    Misconception(
        "beta1 in the correction of v",
        "v is an average with beta2, so it is corrected with beta2.",
        {"beta2**t": "beta1**t"},
    ),
    Misconception(
        "beta2 in the correction of m",
        "m is an average with beta1, so it is corrected with beta1.",
        {"beta1**t": "beta2**t"},
    ),
    Misconception(
        "gradient doubled in place of squared",
        "v averages `g**2`, the square; `2 * g` can be negative under the root.",
        {"g**2": "2 * g"},
    ),
    Misconception(
        "missing square",
        "v averages the squared gradients, `g**2`; without the square it is m with another beta "
        "and can be negative under the root.",
        {"g**2": "g"},
    ),
    Misconception(
        "absolute value in place of the square",
        "v averages the squares of the gradients, not their sizes: the root is taken afterwards.",
        {"g**2": "abs(g)"},
    ),
    Misconception(
        "square of the averaged gradient",
        "v averages g², not m²: where the gradient changes its sign the two differ most.",
        {"g**2": "m**2"},
    ),
    Misconception(
        "square around the factor as well",
        "Only g is squared; (1 - beta2) is not.",
        {"(1 - beta2) * g**2": "((1 - beta2) * g) ** 2"},
    ),
    Misconception(
        "missing root",
        "The step is divided by the root of v; without it a large gradient makes a tiny step.",
        {"sqrt(vhat)": "vhat"},
    ),
    Misconception(
        "epsilon inside the root",
        "eps is added after the root. Inside it weighs sqrt(eps), far more than meant.",
        {"sqrt(vhat) + eps": "sqrt(vhat + eps)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon inside the correction",
        "This is the shortened form that corrects the learning rate and adds eps to the root of "
        "the uncorrected v: eps then weighs 1 / sqrt(1 - beta2^t) times more.",
        {"sqrt(vhat) + eps": "sqrt(vhat) + eps / sqrt(1 - beta2**t)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon outside the fraction",
        "eps protects the division, so it is added to the denominator, not to the fraction.",
        {STEP: "lr * (mhat / sqrt(vhat) + eps)"},
    ),
    Misconception(
        "epsilon outside the denominator",
        "Brackets are missing: eps belongs to the denominator, and here it is added to x.",
        {f"x - {STEP}": "x - lr * mhat / sqrt(vhat) + eps"},
    ),
    Misconception(
        "squared epsilon inside the root",
        "eps is added after the root; sqrt(v + eps²) is another function of v.",
        {"sqrt(vhat) + eps": "sqrt(vhat + eps**2)"},
    ),
    Misconception(
        "epsilon as a lower bound",
        "eps is added to the root; a maximum of the two is another function.",
        {"sqrt(vhat) + eps": "maximum(sqrt(vhat), eps)"},
    ),
    Misconception(
        "missing epsilon",
        "Without eps a parameter whose gradient is always zero divides zero by zero.",
        {"sqrt(vhat) + eps": "sqrt(vhat)"},
    ),
    Misconception(
        "epsilon subtracted",
        "eps is added to the root, to keep the denominator away from zero.",
        {"sqrt(vhat) + eps": "sqrt(vhat) - eps"},
    ),
    Misconception(
        "swapped betas",
        "beta1 belongs to m, the average of the gradients, and beta2 to v, that of the squares.",
        {"beta1": "beta2", "beta2": "beta1"},
    ),
    Misconception(
        "beta1 for both moments",
        "beta1 belongs to m; v is averaged, and corrected, with beta2.",
        {"beta2": "beta1"},
    ),
    Misconception(
        "beta2 for both moments",
        "beta2 belongs to v; m is averaged, and corrected, with beta1.",
        {"beta1": "beta2"},
    ),
    Misconception(
        "opposite sign",
        "The step is added where it should be subtracted, so it climbs.",
        {f"x - {STEP}": f"x + {STEP}"},
    ),
    Misconception(
        "gradient times the update",
        "The gradient is already in m; multiplying the step by g once more takes its sign away.",
        {STEP: f"({STEP}) * g"},
    ),
    Misconception(
        "gradient in place of m",
        "The step follows the newest gradient, as in RMSProp; Adam's follows the average m.",
        {"lr * mhat": "lr * g"},
    ),
    Misconception(
        "weights the wrong way round",
        "beta is the weight of the old average and 1 - beta that of the new gradient.",
        {
            "beta1 * m + (1 - beta1) * g": "(1 - beta1) * m + beta1 * g",
            "beta2 * v + (1 - beta2) * g**2": "(1 - beta2) * v + beta2 * g**2",
        },
    ),
    Misconception(
        "missing brackets around 1 - beta",
        "(1 - beta) is one factor: without its brackets 1 is added and beta times g is subtracted.",
        {"(1 - beta1) * g": "1 - beta1 * g", "(1 - beta2) * g**2": "1 - beta2 * g**2"},
    ),
    Misconception(
        "minus in the averages",
        "An average adds its two weighted terms; here the new one is subtracted.",
        {
            "beta1 * m + (1 - beta1) * g": "beta1 * m - (1 - beta1) * g",
            "beta2 * v + (1 - beta2) * g**2": "beta2 * v - (1 - beta2) * g**2",
        },
    ),
    Misconception(
        "minus in the average m",
        "An average adds its two weighted terms; here the gradient is subtracted.",
        {"beta1 * m + (1 - beta1) * g": "beta1 * m - (1 - beta1) * g"},
    ),
    Misconception(
        "missing (1 - beta)",
        "Both moments are averages: what is new enters with the weight 1 - beta.",
        {"(1 - beta1) * g": "g", "(1 - beta2) * g**2": "g**2"},
    ),
    Misconception(
        "missing (1 - beta1)",
        "m is an average: the new gradient enters with the weight 1 - beta1.",
        {"(1 - beta1) * g": "g"},
    ),
    Misconception(
        "missing (1 - beta2)",
        "v is an average: the new square enters with the weight 1 - beta2.",
        {"(1 - beta2) * g**2": "g**2"},
    ),
    Misconception(
        "old m used",
        "The step uses the m that came in, not the one just computed.",
        {"m / (1 - beta1**t)": "old_m / (1 - beta1**t)"},
    ),
    Misconception(
        "old v used",
        "The step uses the v that came in, not the one just computed.",
        {"v / (1 - beta2**t)": "old_v / (1 - beta2**t)"},
    ),
    Misconception(
        "corrected moments returned as the state",
        "The next step needs m and v as they are; returned corrected, they are corrected again.",
        {"x, m, v": "x, mhat, vhat"},
    ),
    Misconception(
        "root written as **1/2",
        "`vhat**1/2` is `vhat` divided by 2, as the power binds more strongly: write `vhat**0.5`.",
        {"sqrt(vhat)": "vhat**1 / 2"},
    ),
    Misconception(
        "negative step returned in place of x",
        "The function returns the change of x; the new x is the old one plus that change.",
        {f"x - {STEP}": f"-({STEP})"},
    ),
    Misconception(
        "epsilon subtracted beside the step",
        "eps stands beside the fraction, not under it, so it is taken from x at every step.",
        {f"x - {STEP}": "x - (lr * mhat / sqrt(vhat) + eps)"},
    ),
    Misconception(
        "epsilon in the numerator as well",
        "eps belongs into the denominator alone; above, it moves parameters that should rest.",
        {"lr * mhat": "lr * (mhat + eps)"},
    ),
    Misconception(
        "power in place of one minus the power",
        "The weight of the gradients that have come in is 1 - beta^t; beta^t is that of the zero "
        "at the start.",
        {"1 - beta1**t": "beta1**t", "1 - beta2**t": "beta2**t"},
    ),
    Misconception(
        "plus in the bias correction",
        "The correction is 1 - beta^t, with a minus: the moments are too small and have to grow.",
        {"1 - beta1**t": "1 + beta1**t", "1 - beta2**t": "1 + beta2**t"},
    ),
    Misconception(
        "root of the correction under the root once more",
        "v is divided by 1 - beta2^t itself; its root comes by the root that is taken afterwards.",
        {"v / (1 - beta2**t)": "v / sqrt(1 - beta2**t)"},
    ),
    Misconception(
        "correction of v outside the root",
        "Outside the root the correction is the root of 1 - beta2^t, as v is corrected inside.",
        {"v / (1 - beta2**t)": "v", "sqrt(vhat)": "sqrt(vhat) / (1 - beta2**t)"},
    ),
    Misconception(
        "shortened form without its root",
        "In the form that corrects the learning rate the factor is sqrt(1 - beta2^t) / "
        "(1 - beta1^t): the correction of v is under a root.",
        {"v / (1 - beta2**t)": "v", "lr * mhat": "lr * (1 - beta2**t) * mhat"},
        section="Conventions",
    ),
    Misconception(
        "shortened form upside down",
        "In the form that corrects the learning rate the factor is sqrt(1 - beta2^t) / "
        "(1 - beta1^t); here it is one over that.",
        {
            "m / (1 - beta1**t)": "m * (1 - beta1**t)",
            "v / (1 - beta2**t)": "v",
            "lr * mhat": "lr * mhat / sqrt(1 - beta2**t)",
        },
        section="Conventions",
    ),
    Misconception(
        "corrected twice",
        "Either the moments are corrected or the learning rate; here both are.",
        {"lr * mhat": "lr * sqrt(1 - beta2**t) / (1 - beta1**t) * mhat"},
        section="Conventions",
    ),
    Misconception(
        "gradient squared in m as well",
        "m averages the gradients, sign included; the squares belong to v.",
        {"(1 - beta1) * g": "(1 - beta1) * g**2"},
    ),
    Misconception(
        "plain gradient step",
        "The step is lr g, gradient descent: m and v are computed for nothing.",
        {STEP: "lr * g"},
    ),
    Misconception(
        "size of the gradient in the step",
        "The step is multiplied by the size of g, which gives up what dividing by the root of v "
        "had gained.",
        {STEP: f"({STEP}) * abs(g)"},
    ),
    Misconception(
        "averages started with the first gradient",
        "m and v start at zero and are corrected; begun with g and g² they need no correction, and "
        "are other averages.",
        {
            "beta1 * m + (1 - beta1) * g": "where(t > 1, beta1 * m + (1 - beta1) * g, g)",
            "beta2 * v + (1 - beta2) * g**2": "where(t > 1, beta2 * v + (1 - beta2) * g**2, g**2)",
            "m / (1 - beta1**t)": "m",
            "v / (1 - beta2**t)": "v",
        },
    ),
    Misconception(
        "square of the difference from m",
        "That is AdaBelief; Adam's v averages the square of the gradient itself.",
        {"g**2": "(g - m) ** 2"},
    ),
    Misconception(
        "look-ahead of m",
        "That is NAdam, with a step of Nesterov's kind; Adam's step follows the corrected m.",
        {"lr * mhat": "lr * (beta1 * mhat + (1 - beta1) * g / (1 - beta1**t))"},
    ),
    Misconception(
        "absolute value under the root",
        "Taking away the sign under the root hides the NaN, but gradients of both signs still "
        "cancel in v: square each of them.",
        {"g**2": "g", "sqrt(vhat)": "sqrt(abs(vhat))"},
    ),
    Misconception(
        "zero where the quotient is not a number",
        "Replacing 0 / 0 by zero afterwards helps only where v is exactly zero; eps in the "
        "denominator tames tiny values of v as well.",
        {f"x - {STEP}": "x - where(vhat > 0, lr * mhat / sqrt(vhat), 0)"},
    ),
    Misconception(
        "wrong order of the outputs",
        "The new x comes first, then the state in the order of the parameters: m, v.",
        {"x, m, v": "x, v, m"},
    ),
    Misconception(
        "learning rate missing",
        "The step doesn't depend on `lr`.",
        {"lr * mhat": "mhat"},
    ),
    Misconception(
        "m missing from the step",
        "The step is lr times the corrected m over the root; without m it always goes one way.",
        {"lr * mhat": "lr"},
    ),
    Misconception(
        "only the sign of m",
        "The step is the ratio of m and the root of v; here it has the length lr whatever they "
        "are.",
        {STEP: "lr * sign(mhat)"},
    ),
    Misconception(
        "brackets around x and the numerator",
        "Only the step is divided by the root; here x is divided as well.",
        {f"x - {STEP}": "(x - lr * mhat) / (sqrt(vhat) + eps)"},
    ),
    Misconception(
        "step returned in place of x",
        "The function returns the step; the new x is the old one minus that step.",
        {f"x - {STEP}": STEP},
    ),
)
